import { useState } from "react";

import { useToast } from "./Toast";

/** Does one thing at a time and says what went wrong; `doing` names what is under way. */
export function useDoing<Name extends string>(): [
  Name | undefined,
  (name: Name, work: () => Promise<unknown>) => Promise<boolean>,
] {
  const toast = useToast();
  const [doing, setDoing] = useState<Name>();
  const start = async (name: Name, work: () => Promise<unknown>) => {
    setDoing(name);
    try {
      await work();
      return true;
    } catch (fault) {
      toast.fault(fault);
      return false;
    } finally {
      setDoing(undefined);
    }
  };
  return [doing, start];
}
