import { type Action, type Hercules, StaleProposal } from "@hercules/client";

/** Approve what the user saw; where it is out of date, show what it would change now and ask again. */
export async function approve(
  hercules: Hercules,
  seen: Action,
  confirm: (fresh: Action) => Promise<boolean>,
): Promise<Action | undefined> {
  try {
    return await hercules.actions.approve(seen);
  } catch (refused) {
    if (!(refused instanceof StaleProposal) || !refused.action) throw refused;
    return (await confirm(refused.action)) ? approve(hercules, refused.action, confirm) : undefined;
  }
}
