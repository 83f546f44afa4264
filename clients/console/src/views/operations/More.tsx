import { Button } from "../../design/Button";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { en } from "./en";

export const FEW = 20; // of a list at first
const MOST = 100; // that the API gives at once

/** More of a list that goes on, once. */
export function More({ limit, onMore }: { limit: number; onMore(limit: number): void }) {
  const t = useText({ en, de });
  return limit < MOST ? (
    <div>
      <Button onClick={() => onMore(MOST)}>{t.more}</Button>
    </div>
  ) : null;
}
