/**
 * The one place that can move canonical main, and only with a held lease.
 *
 * Main and the lease ref go in one atomic push, each with its expected old value, so the remote itself refuses whoever
 * is not the newest holder. The lease option of git would also force a push that is not a fast-forward: hence the
 * assertion that old main is on the new tip's first-parent chain. Whatever the push answered, the remote is asked
 * afterwards what is true: a failed push proves nothing, and a successful one may look failed.
 */
import { leaseRef } from "../../git/lease-ref.ts";
import type { LineRepository } from "../../git/line-repository.ts";
import type { RefUpdate } from "../../git/push.ts";
import type { Delivery, Outcome } from "../delivery.ts";
import { headOf, wanted } from "../facts.ts";
import { type HeldLease, LeaseLost, requireLease } from "../lease.ts";
import type { LeaseRefs } from "../lease-refs.ts";
import type { RefsAhead } from "../refs-ahead.ts";

export type PushHand = {
  /** `checked`: says, in the checkpoint, what the push is about to do. */
  intend(delivery: Extract<Delivery, { phase: "checked" }>, lease: HeldLease): Promise<Outcome>;
  /** `pushing`: does it, or finds out what became of it. */
  push(
    delivery: Extract<Delivery, { phase: "pushing" }>,
    lease: HeldLease,
    resumed: boolean,
  ): Promise<Outcome>;
};

export function pushHand(options: {
  line: LineRepository;
  refs: LeaseRefs;
  ahead: RefsAhead;
  main: string;
  budgetMs: number;
}): PushHand {
  const { line, refs, ahead, main, budgetMs } = options;
  const ref = headOf(main);

  async function intend(
    delivery: Extract<Delivery, { phase: "checked" }>,
    lease: HeldLease,
  ): Promise<Outcome> {
    const { commit, sequence } = lease.ref;
    const next = sequence + 1;
    const leaseNew =
      commit === null
        ? null
        : await refs.writeCommit({ token: lease.token, sequence: next, owner: lease.owner });
    if (!(await line.isFirstParentAncestor(delivery.merge.oldMain, delivery.merge.tip)))
      throw new Error("The new main does not have the old one on its first-parent chain.");
    return {
      kind: "intent_written",
      intent: { token: lease.token, leaseOld: commit, leaseNew, sequence: next },
    };
  }

  async function push(
    delivery: Extract<Delivery, { phase: "pushing" }>,
    lease: HeldLease,
    resumed: boolean,
  ): Promise<Outcome> {
    const { merge, intent } = delivery;
    // An intent of a former session, or one that may have been carried out already: look first.
    if (resumed || intent.token !== lease.token) return look(delivery, lease, "the push was interrupted");
    const updates: RefUpdate[] = [{ ref, old: merge.oldMain, new: merge.tip }];
    if (intent.leaseNew !== null) updates.push({ ref: leaseRef, old: intent.leaseOld, new: intent.leaseNew });
    requireLease(lease, budgetMs);
    const answer = await line.push({ updates, deadlineMs: Math.max(budgetMs, lease.remainingMs()) });
    if (answer.kind === "refused") {
      const found = await look(delivery, lease, answer.detail);
      if (found.kind !== "push_again") return found;
      return {
        kind: "blocked",
        reason: "push_refused",
        detail: `the remote refused the push of ${main}: ${answer.detail}`,
        evidence: { conflicts: [], diagnostics: [answer.detail] },
      };
    }
    const detail = answer.kind === "pushed" ? "the remote does not show the push yet" : describe(answer);
    return look(delivery, lease, detail);
  }

  /** What is true at the remote now? Also the read-back after a push that said ok. */
  async function look(
    delivery: Extract<Delivery, { phase: "pushing" }>,
    lease: HeldLease,
    detail: string,
  ): Promise<Outcome> {
    const { merge, intent } = delivery;
    const asked = [...new Set([ref, leaseRef, ...(await ahead.upcoming())])];
    const seen = await line.lsRemote(asked);
    if (seen.kind === "remote_away") return { kind: "remote_away", detail: seen.detail };
    ahead.note(asked, seen.refs);
    const mainNow = seen.refs.get(ref) ?? null;
    const leaseNow = seen.refs.get(leaseRef) ?? null;
    noteLeaseRef(lease, intent, leaseNow);
    if (mainNow === merge.tip) return { kind: "pushed", mainSha: merge.tip };
    if (mainNow === null) return { kind: "remote_away", detail: `the remote has no ${ref}` };
    if (mainNow === merge.oldMain) return { kind: "push_again", detail };
    const fetched = await line.fetch([wanted(ref)]);
    if (fetched.kind === "remote_away") return { kind: "remote_away", detail: fetched.detail };
    if (await line.isAncestor(merge.tip, mainNow)) return { kind: "pushed", mainSha: merge.tip };
    return { kind: "main_moved", to: mainNow };
  }

  /** The remote's lease ref is either where we put it, or where it was; anything else is a new holder. */
  function noteLeaseRef(
    lease: HeldLease,
    intent: Extract<Delivery, { phase: "pushing" }>["intent"],
    now: string | null,
  ): void {
    if (lease.ref.commit === null || now === lease.ref.commit) return;
    if (now !== null && now === intent.leaseNew && intent.token === lease.token) {
      lease.refMoved({ commit: now, sequence: intent.sequence });
      return;
    }
    throw new LeaseLost("the remote's lease ref was moved by another session");
  }

  return { intend, push };
}

function describe(answer: { kind: string; detail?: string; refs?: readonly string[] }): string {
  return answer.detail ?? `the remote says ${answer.kind}: ${(answer.refs ?? []).join(", ")}`;
}
