import { Brand } from "../design/Brand";
import { useText } from "../i18n/language";
import { shellText } from "../i18n/text";

/** The files are served without `config.json`, or with one that lacks something. */
export function NotConfigured({ fault }: { fault: unknown }) {
  const t = useText(shellText);
  return (
    <main className="gate">
      <Brand />
      <h1>{t.notConfigured}</h1>
      <p>{t.notConfiguredHow}</p>
      <p className="faint">{fault instanceof Error ? fault.message : String(fault)}</p>
    </main>
  );
}
