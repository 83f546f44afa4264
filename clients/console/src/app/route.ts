/** Where the user is: `#/view/rest/of/it`. A hash needs no server that knows the views. */
import { useSyncExternalStore } from "react";

export interface Route {
  /** Of a view in `views.ts`; empty at the start. */
  view: string;
  /** What comes behind it: most often an id. */
  rest: string[];
}

export function href(view: string, ...rest: string[]): string {
  return `#/${[view, ...rest].map(encodeURIComponent).join("/")}`;
}

export function go(view: string, ...rest: string[]): void {
  location.hash = href(view, ...rest);
}

/** Go there in the place of where the user is: "back" leads to what was before. */
export function goInstead(view: string, ...rest: string[]): void {
  history.replaceState(null, "", href(view, ...rest));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(watch, () => location.hash);
  const [view = "", ...rest] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  return { view, rest };
}

function watch(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
