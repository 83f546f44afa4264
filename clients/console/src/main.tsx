import "./design/tokens.css";
import "./design/base.css";
import "./design/components.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app/App";
import { NotConfigured } from "./app/NotConfigured";
import { applyTheme } from "./app/theme";
import { readConfig } from "./config";
import { LanguageProvider } from "./i18n/language";

applyTheme();
const root = createRoot(document.getElementById("root") as HTMLElement);
const show = (content: React.ReactNode) =>
  root.render(
    <StrictMode>
      <LanguageProvider>{content}</LanguageProvider>
    </StrictMode>,
  );

readConfig()
  .then((config) => show(<App config={config} />))
  .catch((fault: unknown) => show(<NotConfigured fault={fault} />));
