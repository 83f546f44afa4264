export const en = {
  title: "Profile",
  lead: "What the coach knows of you. It is in each answer's receipt when it was used.",
  about: "About you",
  save: "Save",
  saved: "Saved.",
  week: "This week",
  memories: "What the coach remembers",
  memoriesLead: "Kept because you agreed, over all conversations.",
  noMemories: "Nothing yet. When something about you should outlive a conversation, the coach proposes to remember it.",
  edit: (fact: string) => `Correct: ${fact}`,
  remove: (fact: string) => `Forget: ${fact}`,
  fact: "Fact",
  removed: "Forgotten.",
  cancel: "Cancel",
};

export type Text = typeof en;
