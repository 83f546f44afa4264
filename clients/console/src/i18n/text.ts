import { de } from "./de";
import { en } from "./en";

/** The words of the shell and of the components. */
export const shellText = { en, de };
