import { useText } from "../i18n/language";
import { shellText } from "../i18n/text";

/** Shown only once it takes long enough to be noticed (see `.loading`). */
export function Loading() {
  const t = useText(shellText);
  return (
    <p className="loading" role="status">
      {t.loading}
    </p>
  );
}
