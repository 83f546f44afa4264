import type { Text } from "./en";

export const de: Text = {
  title: "Profil",
  lead: "Was der Coach von dir weiß. Wenn es benutzt wurde, steht es im Beleg der Antwort.",
  about: "Über dich",
  save: "Speichern",
  saved: "Gespeichert.",
  week: "Diese Woche",
  memories: "Woran sich der Coach erinnert",
  memoriesLead: "Gemerkt, weil du zugestimmt hast; in allen Gesprächen.",
  noMemories: "Noch nichts. Wenn etwas über ein Gespräch hinaus gelten soll, schlägt der Coach vor, es sich zu merken.",
  edit: (fact) => `Berichtigen: ${fact}`,
  remove: (fact) => `Vergessen: ${fact}`,
  fact: "Tatsache",
  removed: "Vergessen.",
  cancel: "Abbrechen",
};
