export const en = {
  title: "Inbox",
  lead: "What waits for your decision, over all conversations and rooms.",
  proposals: "Proposals",
  rooms: "Rooms that wait for you",
  none: "Nothing waits for you",
  noneHow: "When the coach proposes something, or a room asks you something, it is here.",
  decided: "Decided lately",
  where: "Where it came up",
  roomWaits: {
    question: "An agent asks you something, or the budget is used up.",
    plan: "Its plan waits for your yes.",
  },
  open: "Open the room",
};

export type Text = typeof en;
