import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";

const TONES: Record<string, string> = {
  completed: "good",
  done: "good",
  ready: "good",
  executed: "good",
  failed: "bad",
  running: "busy",
  processing: "busy",
  active: "wants",
  waiting: "wants",
  pending: "wants",
};

/** How something stands or ended, and why. */
export function Status({ status, why }: { status: string; why?: string | null }) {
  const t = useText({ en, de });
  return (
    <span className="row">
      <span className={`badge ${TONES[status] ?? ""}`}>{t.statuses[status] ?? status}</span>
      {why && <code>{why}</code>}
    </span>
  );
}
