import type { Action } from "@hercules/client";
import { useHercules } from "@hercules/client/react";
import { useState } from "react";

import { bodyOf } from "../app/body";
import { useLoaded } from "../design/useLoaded";

/**
 * Proposals by their ids: those that wait as they are now, the rest as they were read last.
 *
 * The list is read again whenever what waits is another.
 */
export function useActions(pending: readonly Action[]): [ReadonlyMap<string, Action>, (action: Action) => void] {
  const { api } = useHercules();
  const waiting = pending.map(({ id, version }) => `${id}:${version}`).join();
  const { value } = useLoaded(() => bodyOf(api.GET("/v1/actions", { params: { query: { limit: 100 } } })), [waiting]);
  const [changed, setChanged] = useState<readonly Action[]>([]);
  const read = [...(value?.items ?? []), ...changed, ...pending];
  const found = new Map<string, Action>();
  for (const action of read) {
    const before = found.get(action.id);
    if (!before || isLater(action, before)) {
      found.set(action.id, action);
    }
  }
  return [found, (action) => setChanged((before) => [...before.filter(({ id }) => id !== action.id), action])];
}

/** A decision is never taken back, and neither is that it was undone; a version only grows. */
function isLater(action: Action, before: Action): boolean {
  const rank = (one: Action) => [one.undone_at ? 2 : one.status === "pending" ? 0 : 1, one.version];
  const [[stage = 0, version = 0], [stageBefore = 0, versionBefore = 0]] = [rank(action), rank(before)];
  return stage > stageBefore || (stage === stageBefore && version >= versionBefore);
}
