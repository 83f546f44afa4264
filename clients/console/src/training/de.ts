import type { Text } from "./en";

export const de: Text = {
  weeks: (count) => (count === 1 ? "1 Woche" : `${count} Wochen`),
  minutes: (count) => `${count} min`,
  times: (count) => `${count}-mal pro Woche`,
  rest: (seconds) => `${seconds} s Pause`,
  seconds: (count) => `${count} s`,
  reserve: (count) => `${count} in Reserve`,
  zone: (zone) => `Pulszone ${zone}`,
  warmUp: "Aufwärmen",
};
