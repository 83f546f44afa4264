import { useAccount } from "./account";
import { type View, VIEWS } from "./views";

/** Those that the user has: the operators' are for operators. */
export function useVisibleViews(): readonly View[] {
  const { isOperator } = useAccount();
  return VIEWS.filter((view) => isOperator || !view.isForOperators);
}
