/** Pure: has what an item's record wants to be said been said already, in these or in later words? */
import type { ItemRecordValue } from "../events/item-record.ts";
import { pushedName, type SlugState } from "./slug-state.ts";

export type RecordedEvent = ItemRecordValue["events"][number];

/** `state` is what readiness knows of the slug; null where it has never heard of it. */
export function isSaid(
  state: SlugState | null,
  record: Pick<ItemRecordValue, "branch" | "sha">,
  { type, data }: RecordedEvent,
): boolean {
  if (state === null) return false;
  const { branch, sha } = record;
  switch (type) {
    case "deployment.started": {
      const attempt = Number(data.attempt ?? 1);
      return state.finalized.some(
        (fact) => fact.branch === branch && fact.sha === sha && fact.attempt >= attempt,
      );
    }
    case "review.approved":
      return isApproved(state, Number(data.review_round ?? 1), data.approved_sha ?? null);
    case "branch.pushed":
      return state.pushed.includes(pushedName(String(data.remote), branch, sha));
    default:
      return type satisfies never;
  }
}

/** A round that was taken back is not approved again; an approval of another commit in the same round is news. */
function isApproved({ approval, revocation }: SlugState, round: number, approvedSha: unknown): boolean {
  if (revocation !== null && revocation.round >= round) return true;
  if (approval === null || approval.round < round) return false;
  return approval.round > round || approval.approvedSha === approvedSha;
}
