import type { ReactNode } from "react";

import { Loading } from "../../design/Loading";
import { ProblemMessage } from "../../design/ProblemMessage";
import type { Loaded } from "../../design/useLoaded";

/** What was read, once it is there; until then that it comes, or what went wrong. */
export function Shown<Value>({ of, children }: { of: Loaded<Value>; children(value: Value): ReactNode }) {
  if (of.fault !== undefined) {
    return <ProblemMessage fault={of.fault} onRetry={of.reload} />;
  }
  return of.value === undefined ? <Loading /> : children(of.value);
}
