export const en = {
  types: {
    update_profile: "Change your profile",
    create_workout_plan: "A new workout plan",
    change_workout_plan: "Change your workout plan",
    log_workout: "Write down a workout",
    remember: "Remember this",
    open_room: "Open a task room",
    webhook: "Send this to another service",
  } as Record<string, string>,
  before: "Before",
  after: "After",
  nothing: "nothing",
  approve: "Approve",
  approveEdited: "Approve as edited",
  edit: "Edit",
  cancelEdit: "Back",
  reject: "Reject",
  why: "Why not? (the coach is told)",
  undo: "Undo",
  expires: (when: string) => `expires ${when}`,
  undoUntil: (when: string) => `can be undone until ${when}`,
  stale: "What it would change has changed meanwhile. This is what it would do now: look again.",
  openRoom: "Open the room",
  /** By status; a decision that is not `approved` comes first. */
  states: {
    pending: "waits for you",
    approved: "approved",
    executed: "done",
    failed: "failed",
    rejected: "rejected",
    expired: "expired",
    undone: "undone",
  } as Record<string, string>,
  said: { executed: "Done.", rejected: "Rejected.", undone: "Undone.", failed: "It could not be done." },
};

export type Text = typeof en;
