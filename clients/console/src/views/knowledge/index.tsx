import "./knowledge.css";

import { href } from "../../app/route";
import type { ViewProps } from "../../app/views";
import { Page } from "../../design/Page";
import { Tabs } from "../../design/Tabs";
import { useText } from "../../i18n/language";
import { AskAsCoach } from "./AskAsCoach";
import { Chunks } from "./Chunks";
import { de } from "./de";
import { Documents } from "./Documents";
import { en } from "./en";
import { Gaps } from "./Gaps";

const PARTS = ["documents", "ask", "gaps"] as const;

/** For operators: what the coach may quote. */
export default function KnowledgeView({ rest }: ViewProps) {
  const t = useText({ en, de });
  const part = PARTS.find((one) => one === rest[0]) ?? "documents";
  const id = rest[1];
  return (
    <Page title={t.title} lead={t.lead}>
      <Tabs
        label={t.parts}
        tabs={PARTS.map((one) => ({ href: href("knowledge", one), title: t.tabs[one], isCurrent: one === part }))}
      />
      {part === "documents" && (id ? <Chunks key={id} id={id} source={rest[2] ?? ""} /> : <Documents />)}
      {part === "ask" && <AskAsCoach />}
      {part === "gaps" && <Gaps />}
    </Page>
  );
}
