/**
 * Finalizing: the last thing that happens to an item before it is the line's. Under the item's lock the branch is pushed
 * and read back from the remote; what is ready is exactly the commit that the remote has.
 *
 * Each step may run twice. Killed anywhere, the item is pending or ready, never half of either, and the lock's time runs
 * out: the next call does what is missing.
 */
import { isoTime, wallMs } from "../clock.ts";
import { badInput, Failure } from "../errors.ts";
import type { AtomicWriter } from "../events/atomic-write.ts";
import { type Lock, writerUnder } from "../events/lock.ts";
import { step } from "../events/step.ts";
import type { StreamSource } from "../events/stream.ts";
import { type MainIntoBranch, mainIntoBranch } from "../git/main-into-branch.ts";
import { checkBranch } from "../git/names.ts";
import { cleanliness, worktrees } from "../git/worktrees.ts";
import type { Traces } from "../telemetry/traces.ts";
import { approvalCover, type CoverGround } from "./approval-cover.ts";
import { attemptOf, mayFinalize, type Recorded, recordedEvent } from "./finalize-plan.ts";
import type { Known, Tip } from "./hand-over.ts";
import { type ItemState, initialItem, standingOf } from "./item.ts";
import { type ItemPlace, placeOf } from "./item-place.ts";
import { findPlace } from "./mark-phase.ts";
import { type BranchPlace, publish } from "./submit.ts";
import { openItems, type WorkItems } from "./work-items.ts";

/** What the line knows of a tip: its attempts, and whether a newer one has taken its place for good. */
export type LineKnows = Known & { superseded: boolean };

export type FinalizeGround = CoverGround &
  BranchPlace & {
    source: StreamSource;
    writer: AtomicWriter;
    lock: (slug: string) => Lock;
    /** Merge main into the branch first, where that needs nobody. */
    isUpdating: boolean;
    lineKnows(tip: Tip): Promise<LineKnows>;
    /** The session or account that finalizes. */
    by: string;
    /** Default: none. */
    traces?: Traces;
  };

/** It is at the remote and said to be ready. `token` is the lock's, which whoever hands it over gives back. */
export type Ready = {
  kind: "ready";
  tip: Tip;
  attempt: number;
  token: number;
  update: MainIntoBranch | null;
};
/** The line has this commit already; perhaps main does. */
export type HandedOver = { kind: "handed_over"; tip: Tip; attempt: number; mergeCommit: string | null };

/** How long a finalizer may be silent before the next one may take over; renewed while it works. */
const lockTtlMs = 120_000;
const renewEveryMs = 30_000;

/**
 * Finalizes the item in its worktree. Throws a Failure, with everything as it was but perhaps the push: `unknown_slug`,
 * `unknown_worktree`, `phase_jump`, `worktree_dirty` (bad input); `approval_missing`, `approval_stale`, `item_delivered`,
 * `item_dropped`, `item_handed_over`, `superseded` (not ready); `finalize_locked`, `lock_lost`, `branch_moved`,
 * `item_changed`, `remote_away` (temporary); `branch_diverged`, `push_refused` (failed).
 */
export async function finalize(ground: FinalizeGround, slug: string): Promise<Ready | HandedOver> {
  const items = openItems(ground.source);
  const known = await items.get(slug);
  const over = known === null ? null : await withTheLine(ground, known);
  if (over !== null) {
    await dropLock(ground.lock(slug));
    return over;
  }
  // A name that is nobody's must not get as far as a lock.
  await findPlace({ ...ground, items }, slug, known);
  const taken = await takeLock(ground, items, slug);
  const lock = ground.lock(slug);
  const renewal = setInterval(() => void lock.extend(taken.token, lockTtlMs).catch(() => {}), renewEveryMs);
  renewal.unref();
  try {
    const done = await underLock(ground, slug, taken.token);
    if (done.kind === "handed_over") await lock.release(taken.token);
    // Whoever hands it over finds the lock held, and has as long as a finalizer would have had.
    else await lock.extend(taken.token, lockTtlMs);
    return done;
  } catch (error) {
    // Taken over from a finalizer that is done: it stays held for the one who comes to hand over.
    if (!taken.isAdopted) await lock.release(taken.token).catch(() => {});
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

/** Its hand-over, where nothing came after it: whoever tries again after a lost answer gets it now, worktree or none. */
async function withTheLine(
  { git, clone, main }: FinalizeGround,
  state: ItemState,
): Promise<HandedOver | null> {
  const { slug, finalize, delivered } = state;
  const standing = standingOf(state);
  if (finalize === null || (standing !== "handed_over" && standing !== "delivered")) return null;
  const place = placeOf(await worktrees(git, clone), { slug, branch: finalize.branch, main });
  if (place !== null && place.head !== finalize.sha) return null;
  const { branch, sha, attempt } = finalize;
  const mergeCommit = delivered?.merge_commit ?? null;
  return { kind: "handed_over", tip: { slug, branch, sha }, attempt, mergeCommit };
}

/** What is left of the lock of an item that is the line's: its holder has finished, or was killed after the hand-over. */
async function dropLock(lock: Lock): Promise<void> {
  const left = await lock.hold();
  if (left !== null) await lock.release(left.token);
}

/**
 * The lock, taken; or taken over from a finalizer that has said it is ready: all that it still had to do was to give it
 * on. Throws `finalize_locked`.
 */
export async function takeLock(
  { lock: lockOf }: Pick<FinalizeGround, "lock">,
  items: WorkItems,
  slug: string,
): Promise<{ token: number; isAdopted: boolean }> {
  const taking = await lockOf(slug).take(lockTtlMs);
  if (taking.kind === "taken") return { token: taking.token, isAdopted: false };
  const { hold } = taking;
  const state = await items.get(slug);
  const isWithLine = state !== null && standingOf(state) === "handed_over";
  if (isWithLine || state?.finalize?.status === "ready") return { token: hold.token, isAdopted: true };
  const seconds = Math.max(1, Math.ceil(hold.remainingMs / 1000));
  throw new Failure({
    code: "finalize_locked",
    kind: "temporary",
    message: `${slug} is being finalized by ${hold.holder}; nothing was changed.`,
    cure: `Wait for it. If it has died, its lock runs out in ${seconds} s.`,
  });
}

async function underLock(ground: FinalizeGround, slug: string, token: number): Promise<Ready | HandedOver> {
  const guarded = writerUnder(ground.writer, ground.lock(slug).guard(token), `Finalizing ${slug}`);
  const items = openItems(ground.source, guarded);
  const found = await items.get(slug);
  const state = found ?? initialItem(slug, isoTime(wallMs()));
  const place = await findPlace({ ...ground, items }, slug, found);
  const wrong = checkBranch(place.branch, ground.main, ground.remote);
  if (wrong !== null) throw badInput("bad_branch", `${upperFirst(wrong)}.`);
  const known = await permitted(ground, state, place);
  if (known !== null) return known;
  const update = ground.isUpdating ? await mainIntoBranch(ground, place) : null;
  const head = update?.kind === "merged" ? update.sha : place.head;
  // The merge made a new commit, and the approval must cover that one.
  if (update?.kind === "merged") await permitted(ground, state, { ...place, head });
  const tip = { slug, branch: place.branch, sha: head };
  const line = await ground.lineKnows(tip);
  if (line.superseded) throw superseded(tip);
  const attempt = attemptOf(state, tip, line);
  const recorded = { ...tip, attempt, remote: ground.remote };
  await record(ground, items, { ...recorded, status: "pending" });
  const pushed = await step("finalize.push", () => publish(ground, place.branch));
  if (pushed !== head) throw movedMeanwhile(tip, pushed);
  await record(ground, items, { ...recorded, status: "ready" });
  return { kind: "ready", tip, attempt, token, update };
}

/** Says it, unless it is said. The state may have changed since it was asked: then it is not the one that was permitted. */
async function record({ by }: FinalizeGround, items: WorkItems, recorded: Recorded): Promise<void> {
  const { slug, branch, sha, attempt, status } = recorded;
  const at = isoTime(wallMs());
  await step(`finalize.${status}`, () =>
    items.change(slug, (state, mark) => {
      const standing = state === null ? "open" : standingOf(state);
      const isRevoked = state?.approval?.revoked !== null;
      if (state === null || isRevoked || (standing !== "open" && standing !== "blocked")) throw changed(slug);
      const known = state.finalize;
      const isSame = known?.branch === branch && known.sha === sha && known.attempt === attempt;
      // Ready once, it stays ready while it is the same.
      if (isSame && state.phase === "finalize" && (known.status === status || known.status === "ready"))
        return [];
      return [recordedEvent(recorded, { by, mark, recorded_at: at })];
    }),
  );
}

/** Throws where the worktree's commit may not be finalized; not null: the line has it already. */
async function permitted(
  ground: FinalizeGround,
  state: ItemState,
  place: ItemPlace,
): Promise<HandedOver | null> {
  const { slug, approval } = state;
  const clean = await cleanliness(ground.git, place.path);
  const isAsked = approval !== null && approval.revoked === null;
  const cover = isAsked
    ? await approvalCover(ground, { ...place, slug, reviewed: approval.sha })
    : ({ kind: "not_asked" } as const);
  const worktree = { head: place.head, dirty: clean.kind === "dirty" ? clean.why : null };
  const permission = mayFinalize(state, { worktree, cover });
  switch (permission.kind) {
    case "allowed":
      return null;
    case "handed_over": {
      const tip = { slug, branch: place.branch, sha: place.head };
      return { kind: "handed_over", tip, attempt: state.finalize?.attempt ?? 1, mergeCommit: null };
    }
    case "refused": {
      const { code, why, cure } = permission.refusal;
      const kind = code === "phase_jump" || code === "worktree_dirty" ? "bad_input" : "not_ready";
      throw new Failure({ code, kind, message: `${upperFirst(why)}.`, cure });
    }
    default:
      return permission satisfies never;
  }
}

function superseded({ slug, sha }: Tip): Failure {
  return new Failure({
    code: "superseded",
    kind: "not_ready",
    message: `${slug} at ${sha.slice(0, 7)} was superseded by a newer hand-over, and a superseded candidate stays so.`,
    cure: "Give it a commit of its own (git commit --amend --no-edit), have it reviewed, then finalize again.",
  });
}

function movedMeanwhile({ slug, branch }: Tip, sha: string): Failure {
  return new Failure({
    code: "branch_moved",
    kind: "temporary",
    message: `${branch} moved to ${sha.slice(0, 7)} while ${slug} was being finalized.`,
    cure: "When nobody commits to it any more, finalize again.",
  });
}

function changed(slug: string): Failure {
  return new Failure({
    code: "item_changed",
    kind: "temporary",
    message: `${slug} was changed by somebody else while it was being finalized.`,
    cure: `Look at it (signalbox todo show ${slug}), then finalize again.`,
  });
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
