import type { Text } from "./en";

export const de: Text = {
  title: "Eingang",
  lead: "Was auf deine Entscheidung wartet, aus allen Gesprächen und Räumen.",
  proposals: "Vorschläge",
  rooms: "Räume, die auf dich warten",
  none: "Nichts wartet auf dich",
  noneHow: "Wenn der Coach etwas vorschlägt oder ein Raum etwas fragt, steht es hier.",
  decided: "Zuletzt entschieden",
  where: "Wo es aufkam",
  roomWaits: {
    question: "Ein Agent fragt dich etwas, oder das Budget ist aufgebraucht.",
    plan: "Sein Plan wartet auf dein Ja.",
  },
  open: "Raum öffnen",
};
