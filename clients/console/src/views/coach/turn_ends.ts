/** Tells the list of conversations that a turn has ended: a new conversation has its title soon after. */
import { useEffect, useRef } from "react";

const target = new EventTarget();
const LATER = 3_000; // milliseconds in which the title is most likely made

export function announceTurnEnd(id: string): void {
  target.dispatchEvent(new CustomEvent("end", { detail: id }));
}

/** Calls `ended` at the end of each turn of an open conversation, and a moment later. */
export function useTurnEndsOfAll(ended: () => void): void {
  const latest = useRef(ended);
  useEffect(() => {
    latest.current = ended;
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
      latest.current();
      clearTimeout(timer);
      timer = setTimeout(() => latest.current(), LATER);
    };
    target.addEventListener("end", tell);
    return () => {
      clearTimeout(timer);
      target.removeEventListener("end", tell);
    };
  }, []);
}

/** Calls `ended` when the turn that was running is no longer. */
export function useTurnEnds(turnId: string | undefined, ended: () => void): void {
  const before = useRef(turnId);
  useEffect(() => {
    if (before.current && before.current !== turnId) {
      ended();
    }
    before.current = turnId;
  });
}
