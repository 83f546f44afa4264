import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";
import type { Stage } from "./uploading";

const TONES: Record<Stage, string> = {
  asking: "busy",
  uploading: "busy",
  queued: "wants",
  reading: "busy",
  ready: "good",
  failed: "bad",
};

/** Where a document is on its way. */
export function State({ state }: { state: Stage }) {
  const t = useText({ en, de });
  return <span className={`badge ${TONES[state]}`}>{t.stages[state]}</span>;
}
