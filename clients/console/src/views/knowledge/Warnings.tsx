import type { Schemas } from "../../app/schemas";
import { Icon } from "../../design/Icon";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";

/** What of a document was not read, or not for sure. */
export function Warnings({ warnings }: { warnings: readonly Schemas["Omission"][] }) {
  const t = useText({ en, de });
  return warnings.length === 0 ? null : (
    <ul className="warnings">
      {warnings.map((one) => (
        <li key={one.code}>
          <Icon name="warning" /> {one.count} {t.warnings[one.code] ?? one.code}
          {one.where && <span className="faint"> ({one.where})</span>}
        </li>
      ))}
    </ul>
  );
}
