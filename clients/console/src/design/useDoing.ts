import { useState } from "react";

import { useToast } from "./Toast";

/**
 * Does one thing at a time and says what went wrong; `doing` names what is under way.
 *
 * In a long form that is said where it is sent: with `isSaidHere` the third is to be shown there, and nothing is said elsewhere.
 */
export function useDoing<Name extends string>(
  isSaidHere = false,
): [Name | undefined, (name: Name, work: () => Promise<unknown>) => Promise<boolean>, unknown] {
  const toast = useToast();
  const [doing, setDoing] = useState<Name>();
  const [fault, setFault] = useState<unknown>();
  const start = async (name: Name, work: () => Promise<unknown>) => {
    setDoing(name);
    setFault(undefined);
    try {
      await work();
      return true;
    } catch (refused) {
      if (isSaidHere) {
        setFault(refused);
      } else {
        toast.fault(refused);
      }
      return false;
    } finally {
      setDoing(undefined);
    }
  };
  return [doing, start, fault];
}
