/**
 * The one place that can move canonical main, and only with a held lease.
 *
 * Main and the lease ref go in one atomic push, each with its expected old value, so the remote itself refuses whoever
 * is not the newest holder. The lease option of git would also force a push that is not a fast-forward: hence the
 * assertion that old main is on the new tip's first-parent chain. Whatever the push answered, the remote is asked
 * afterwards what is true: a failed push proves nothing, and a successful one may look failed.
 *
 * The branches that land go with the same push, each only from the commit that lands: where main has moved, they are gone,
 * and where one of them cannot go, nothing has moved and the push is made again without them.
 */
import { leaseRef } from "../../git/lease-ref.ts";
import type { LineRepository } from "../../git/line-repository.ts";
import type { RefUpdate } from "../../git/push.ts";
import { inSpan, noTraces, type Traces } from "../../telemetry/traces.ts";
import { landingName } from "../candidate.ts";
import { type Delivery, lastTip, type Outcome } from "../delivery.ts";
import { headOf, wanted } from "../facts.ts";
import { fenceRefusal, grantedPush, type PushGrants } from "../granted-push.ts";
import { type HeldLease, LeaseLost, requireLease } from "../lease.ts";
import type { LeaseRefs } from "../lease-refs.ts";
import type { RefsAhead } from "../refs-ahead.ts";
import type { LocalLooks } from "./local-looks.ts";
import { keptName } from "./tidy.ts";

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
  /** What a fence at the remote asks for. */
  grants: PushGrants;
  ahead: RefsAhead;
  looks: Pick<LocalLooks, "begin">;
  main: string;
  deleteBranches: boolean;
  budgetMs: number;
  /** Default: none. */
  traces?: Traces;
}): PushHand {
  const { line, refs, grants, ahead, looks, main, deleteBranches, budgetMs, traces = noTraces } = options;
  const ref = headOf(main);
  const pushGranted = grantedPush(line, grants);
  /** The last push was refused, perhaps for its deletions. */
  let isSuspect = false;
  /** It was for its deletions: this remote refuses them every time. */
  let deletesApart = false;

  /** The branches that are exactly at what lands, each once: two candidates may share one. */
  function landingBranches(delivery: Extract<Delivery, { phase: "checked" }>) {
    const all = [delivery, ...delivery.followers];
    const own = new Map<string, string>();
    for (const { candidate, merge } of all)
      if (merge.atTip && candidate.branch !== main) own.set(candidate.branch, candidate.sha);
    return [...own].map(([branch, sha]) => ({ branch, sha }));
  }

  async function intend(
    delivery: Extract<Delivery, { phase: "checked" }>,
    lease: HeldLease,
  ): Promise<Outcome> {
    // No private ref holds what was merged (the line's repository was mended): it may be incomplete.
    if ((await line.kept()).get(keptName(delivery.deliveryId)) !== lastTip(delivery))
      return { kind: "start_over", detail: "its commits are not here any more", alone: false };
    const { commit, sequence } = lease.ref;
    const next = sequence + 1;
    const leaseNew =
      commit === null
        ? null
        : await refs.writeCommit({ token: lease.token, sequence: next, owner: lease.owner });
    if (!(await line.isFirstParentAncestor(delivery.merge.oldMain, lastTip(delivery))))
      throw new Error("The new main does not have the old one on its first-parent chain.");
    const deletes = deleteBranches && !delivery.apart && !deletesApart ? landingBranches(delivery) : [];
    return {
      kind: "intent_written",
      intent: { token: lease.token, leaseOld: commit, leaseNew, sequence: next, deletes },
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
    const updates: RefUpdate[] = [{ ref, old: merge.oldMain, new: lastTip(delivery) }];
    if (intent.leaseNew !== null) updates.push({ ref: leaseRef, old: intent.leaseOld, new: intent.leaseNew });
    for (const { branch, sha } of intent.deletes) updates.push({ ref: headOf(branch), old: sha, new: null });
    requireLease(lease, budgetMs);
    const answer = await inSpan(traces, { name: "push main" }, async (span) => {
      const pushed = await pushGranted({
        updates,
        lease: { token: intent.token, sequence: intent.sequence, owner: lease.owner },
        candidates: [delivery, ...delivery.followers].map(({ candidate }) => landingName(candidate)),
        deadlineMs: Math.max(budgetMs, lease.remainingMs()),
      });
      span.set({ "signalbox.outcome": pushed.kind });
      return pushed;
    });
    if (answer.kind === "pushed")
      looks.begin([delivery, ...delivery.followers].map(({ candidate }) => candidate));
    const detail = answer.kind === "pushed" ? "the remote does not show the push yet" : describe(answer);
    const found = await look(delivery, lease, detail);
    if (found.kind === "pushed" && delivery.apart && isSuspect) deletesApart = true;
    isSuspect = answer.kind === "refused" && intent.deletes.length > 0;
    if (found.kind !== "push_again" || answer.kind === "pushed") return found;
    const fenced = fenceRefusal(answer);
    if (fenced !== null) return { kind: "remote_away", detail: fenced };
    // It may be a branch that cannot go: the next push is without.
    if (
      answer.kind === "stale" &&
      answer.refs.some((name) => intent.deletes.some((one) => headOf(one.branch) === name))
    )
      return { kind: "start_over", detail: "a branch has moved", alone: false };
    if (intent.deletes.length > 0) return { ...found, apart: true };
    if (answer.kind !== "refused") return found;
    if (delivery.followers.length > 0)
      return {
        kind: "start_over",
        detail: `the remote refused the push of several: ${answer.detail}`,
        alone: true,
      };
    await line.drop(keptName(delivery.deliveryId));
    return {
      kind: "blocked",
      reason: "push_refused",
      detail: `the remote refused the push of ${main}: ${answer.detail}`,
      evidence: { conflicts: [], diagnostics: [answer.detail] },
    };
  }

  /** What is true at the remote now? Also the read-back after a push that said ok. */
  async function look(
    delivery: Extract<Delivery, { phase: "pushing" }>,
    lease: HeldLease,
    detail: string,
  ): Promise<Outcome> {
    const { merge, intent } = delivery;
    const asked = [...new Set([ref, leaseRef, ...(await ahead.upcoming())])];
    const seen = await inSpan(traces, { name: "read back" }, () => line.lsRemote(asked));
    if (seen.kind === "remote_away") return { kind: "remote_away", detail: seen.detail };
    ahead.note(asked, seen.refs);
    const mainNow = seen.refs.get(ref) ?? null;
    const leaseNow = seen.refs.get(leaseRef) ?? null;
    noteLeaseRef(lease, intent, leaseNow);
    const tip = lastTip(delivery);
    if (mainNow === tip) {
      // Whoever fetches next finds that nothing is new.
      await line.track(ref, tip);
      return { kind: "pushed" };
    }
    if (mainNow === null) return { kind: "remote_away", detail: `the remote has no ${ref}` };
    if (mainNow === merge.oldMain) return { kind: "push_again", detail, apart: false };
    const fetched = await line.fetch([wanted(ref)]);
    if (fetched.kind === "remote_away") return { kind: "remote_away", detail: fetched.detail };
    if (await line.isAncestor(tip, mainNow)) return { kind: "pushed" };
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
