import { ResponseError } from "@hercules/client";

import { useText } from "../i18n/language";
import { shellText } from "../i18n/text";
import { Button } from "./Button";
import { Icon } from "./Icon";
import { useProblemWords } from "./problem_words";

/** What went wrong, in the place of what would be there; and the number by which the server's log knows it. */
export function ProblemMessage({ fault, onRetry }: { fault: unknown; onRetry?: () => void }) {
  const t = useText(shellText);
  const words = useProblemWords();
  return (
    <div className="problem" role="alert">
      <Icon name="warning" />
      <div>
        <p>{words(fault)}</p>
        {fault instanceof ResponseError && fault.status >= 500 && fault.requestId && (
          <p className="faint">
            {t.request} <code>{fault.requestId}</code>
          </p>
        )}
        {onRetry && (
          <Button icon="retry" onClick={onRetry}>
            {t.retry}
          </Button>
        )}
      </div>
    </div>
  );
}
