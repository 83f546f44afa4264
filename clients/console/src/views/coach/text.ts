import { de } from "./de";
import { en } from "./en";

export const text = { en, de };
