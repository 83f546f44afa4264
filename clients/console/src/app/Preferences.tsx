import { useId } from "react";

import { LANGUAGE_NAMES, LANGUAGES, type Language, useLanguage, useText } from "../i18n/language";
import { shellText } from "../i18n/text";
import { THEMES, type Theme, useTheme } from "./theme";

/** The language and the colours. */
export function Preferences() {
  const t = useText(shellText);
  const { language, choose } = useLanguage();
  const [theme, setTheme] = useTheme();
  const ids = [useId(), useId()];
  return (
    <div className="preferences">
      <label className="sr-only" htmlFor={ids[0]}>
        {t.language}
      </label>
      <select id={ids[0]} value={language} onChange={(event) => choose(event.target.value as Language)}>
        {LANGUAGES.map((one) => (
          <option key={one} value={one}>
            {LANGUAGE_NAMES[one]}
          </option>
        ))}
      </select>
      <label className="sr-only" htmlFor={ids[1]}>
        {t.theme}
      </label>
      <select id={ids[1]} value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
        {THEMES.map((one) => (
          <option key={one} value={one}>
            {t.themes[one]}
          </option>
        ))}
      </select>
    </div>
  );
}
