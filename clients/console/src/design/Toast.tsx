import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";

import { useText } from "../i18n/language";
import { shellText } from "../i18n/text";
import { Button } from "./Button";
import { useProblemWords } from "./problem_words";

interface Said {
  id: number;
  text: string;
  tone: "plain" | "fault";
}

export interface Toast {
  /** Shown for a while, and read out. */
  say(text: string): void;
  /** What went wrong, in the user's language. */
  fault(fault: unknown): void;
}

const SHOWN_FOR = 7_000; // milliseconds
const Context = createContext<Toast>({ say: () => undefined, fault: () => undefined });

export function useToast(): Toast {
  return useContext(Context);
}

/** Has the page's one live region. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const t = useText(shellText);
  const words = useProblemWords();
  const [all, setAll] = useState<Said[]>([]);
  const last = useRef(0);
  const remove = (id: number) => setAll((before) => before.filter((one) => one.id !== id));
  const add = useCallback((text: string, tone: Said["tone"]) => {
    const id = (last.current += 1);
    setAll((before) => [...before.slice(-2), { id, text, tone }]);
    setTimeout(() => remove(id), SHOWN_FOR);
  }, []);
  const toast = useMemo<Toast>(
    () => ({ say: (text) => add(text, "plain"), fault: (fault) => add(words(fault), "fault") }),
    [add, words],
  );
  return (
    <Context.Provider value={toast}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {all.map((one) => (
          <div key={one.id} className={`toast ${one.tone}`}>
            <span>{one.text}</span>
            <Button tone="quiet" icon="close" isIconOnly onClick={() => remove(one.id)}>
              {t.close}
            </Button>
          </div>
        ))}
      </div>
    </Context.Provider>
  );
}
