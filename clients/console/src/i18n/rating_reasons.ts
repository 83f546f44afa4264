/** What was wrong with an answer: as it is stored, whatever the language, and in words. */
const en: Record<string, string> = {
  "too long": "too long",
  wrong: "wrong",
  "not for me": "not for me",
  "no good source": "no good source",
  "felt unsafe": "felt unsafe",
};

const de: Record<string, string> = {
  "too long": "zu lang",
  wrong: "falsch",
  "not for me": "nichts für mich",
  "no good source": "keine gute Quelle",
  "felt unsafe": "wirkte unsicher",
};

export const ratingReasons = { en, de };
