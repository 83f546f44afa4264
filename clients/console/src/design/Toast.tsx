import { UrgentAdvice } from "@hercules/client";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from "react";

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
  /** What went wrong, in the user's language; urgent advice stays until it is closed. */
  fault(fault: unknown): void;
}

/** What is shown, and in which of the places for it. */
interface Board {
  all: readonly Said[];
  /** The place that was opened last. */
  place: string | undefined;
  /** A place is there; the function that is returned takes it away. */
  open(place: string): () => void;
  remove(id: number): void;
}

const SHOWN_FOR = 7_000; // milliseconds
const Context = createContext<Toast>({ say: () => undefined, fault: () => undefined });
const BoardContext = createContext<Board>({
  all: [],
  place: undefined,
  open: () => () => undefined,
  remove: () => undefined,
});

export function useToast(): Toast {
  return useContext(Context);
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const words = useProblemWords();
  const [all, setAll] = useState<Said[]>([]);
  const [places, setPlaces] = useState<readonly string[]>([]);
  const last = useRef(0);
  const remove = useCallback((id: number) => setAll((before) => before.filter((one) => one.id !== id)), []);
  const open = useCallback((place: string) => {
    setPlaces((before) => [...before, place]);
    return () => setPlaces((before) => before.filter((one) => one !== place));
  }, []);
  const add = useCallback(
    (text: string, tone: Said["tone"], stays = false) => {
      const id = (last.current += 1);
      setAll((before) => [...before.slice(-2), { id, text, tone }]);
      if (!stays) {
        setTimeout(() => remove(id), SHOWN_FOR);
      }
    },
    [remove],
  );
  const toast = useMemo<Toast>(
    () => ({
      say: (text) => add(text, "plain"),
      fault: (fault) => add(words(fault), "fault", fault instanceof UrgentAdvice),
    }),
    [add, words],
  );
  const board = useMemo<Board>(() => ({ all, place: places.at(-1), open, remove }), [all, places, open, remove]);
  return (
    <Context.Provider value={toast}>
      <BoardContext.Provider value={board}>
        <Toasts />
        {children}
      </BoardContext.Provider>
    </Context.Provider>
  );
}

/** A place for them, a live region: the page has one, and each dialog, since what is behind it can neither be read nor pressed. */
export function Toasts() {
  const t = useText(shellText);
  const { all, place, open, remove } = useContext(BoardContext);
  const own = useId();
  useEffect(() => open(own), [open, own]);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {place === own &&
        all.map((one) => (
          <div key={one.id} className={`toast ${one.tone}`}>
            <span>{one.text}</span>
            <Button tone="quiet" icon="close" isIconOnly onClick={() => remove(one.id)}>
              {t.close}
            </Button>
          </div>
        ))}
    </div>
  );
}
