import { useMemo } from "react";

import { useText } from "../i18n/language";
import { de } from "./de";
import { en } from "./en";

/** The contract's names in words: of a field, of a path such as `sessions.0.name`, and of a value that is chosen. */
export function useFieldWords() {
  const t = useText({ en, de });
  return useMemo(() => {
    const label = (name: string) => t.fields[name] ?? plain(name);
    return {
      label,
      path: (path: string) =>
        path
          .split(/[.›>]/)
          .map((part) => label(part.trim()))
          .join(" › "),
      choice: (value: string) => t.choices[value] ?? plain(value),
    };
  }, [t]);
}

function plain(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
