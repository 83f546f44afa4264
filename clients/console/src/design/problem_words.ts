/** A refusal in words: by its code, in the user's language; else as the server says it. */
import { HerculesError, InvalidRequest, ResponseError } from "@hercules/client";

import { useCallback } from "react";

import { useFormat } from "../i18n/format";
import { useText } from "../i18n/language";
import { shellText } from "../i18n/text";

/** A function that says what a fault is. */
export function useProblemWords(): (fault: unknown) => string {
  const t = useText(shellText);
  const format = useFormat();
  return useCallback(
    (fault) => {
      if (!(fault instanceof HerculesError)) {
        return t.broken;
      }
      const known = (t.problems as Record<string, string>)[fault.code] ?? fault.message;
      const fields = fault instanceof InvalidRequest ? fault.fields.map((one) => `${one.field}: ${one.message}`) : [];
      const after =
        fault instanceof ResponseError && fault.retryAfter ? [t.again(format.relative(later(fault.retryAfter)))] : [];
      return [known, ...fields, ...after].join(" ");
    },
    [t, format],
  );
}

function later(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000);
}
