import { NetworkError } from "@hercules/client";
import { useCallback, useEffect, useState } from "react";

export interface Loaded<Value> {
  /** Undefined until it has come. */
  value?: Value;
  fault?: unknown;
  /** Read it again; what is there is shown meanwhile. */
  reload(): void;
  /** Put another value in its place: what a change has answered. */
  set(value: Value): void;
}

/** What a request answers, read when the component appears, whenever one of `by` is another, and when there is a network again. */
export function useLoaded<Value>(read: () => Promise<Value>, by: readonly unknown[]): Loaded<Value> {
  const [state, setState] = useState<{ value?: Value; fault?: unknown }>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    read()
      .then((value) => isCurrent && setState({ value }))
      .catch((fault: unknown) => isCurrent && setState((before) => ({ ...before, fault })));
    return () => {
      isCurrent = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `by` names what `read` depends on
  }, [round, ...by]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const isUnreached = state.fault instanceof NetworkError;
  useEffect(() => {
    if (isUnreached) {
      addEventListener("online", reload);
      return () => removeEventListener("online", reload);
    }
  }, [isUnreached, reload]);
  const set = useCallback((value: Value) => setState({ value }), []);
  return { ...state, reload, set };
}
