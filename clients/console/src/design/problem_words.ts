/** A refusal in words: by its code, in the user's language; else as the server says it. */
import { HerculesError, InvalidRequest, ResponseError } from "@hercules/client";

import { useCallback } from "react";

import { useFieldWords } from "../forms/field_words";
import { useFormat } from "../i18n/format";
import { useText } from "../i18n/language";
import { shellText } from "../i18n/text";

import { isNotLoaded } from "./not_loaded";

/** A function that says what a fault is. */
export function useProblemWords(): (fault: unknown) => string {
  const t = useText(shellText);
  const format = useFormat();
  const { path } = useFieldWords();
  return useCallback(
    (fault) => {
      if (!(fault instanceof HerculesError)) {
        return isNotLoaded(fault) ? t.notLoaded : t.broken;
      }
      const known = (t.problems as Record<string, string>)[fault.code] ?? fault.message;
      const fields =
        fault instanceof InvalidRequest
          ? fault.fields.map((one) => `${path(nameOf(one.field))}: ${t.fieldFault(saidOf(one.message))}.`)
          : [];
      const after =
        fault instanceof ResponseError && fault.retryAfter ? [t.again(format.relative(later(fault.retryAfter)))] : [];
      return [known, ...fields, ...after].join(" ");
    },
    [t, format, path],
  );
}

/** Without where it was: `body.goals.0` is `goals`. */
function nameOf(field: string): string {
  return field.replace(/^(body|query|path)\./, "").replace(/\.\d+/g, "");
}

/** Without what Pydantic puts before the words of a check of our own. */
function saidOf(message: string): string {
  return message.replace(/^Value error, /, "").replace(/\.$/, "");
}

function later(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000);
}
