import type { Change } from "@hercules/client";

import { useFieldWords } from "../forms/field_words";
import { useText } from "../i18n/language";
import { de } from "./de";
import { en } from "./en";
import { Shown } from "./Shown";

/** The server's preview: what is there now, and what would be. */
export function Changes({ changes }: { changes: readonly Change[] }) {
  const t = useText({ en, de });
  const { path } = useFieldWords();
  return (
    <dl className="changes">
      {changes.map((change) => (
        <div key={change.path}>
          <dt>{path(change.path)}</dt>
          <dd className="changes-before">
            <span className="changes-when">{t.before}</span>
            <Shown value={change.before} unit={change.unit} />
          </dd>
          <dd className="changes-after">
            <span className="changes-when">{t.after}</span>
            <Shown value={change.after} unit={change.unit} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
