/**
 * The hand-over: what a finalizer has made ready becomes the line's, and the orchestrator's reach ends.
 *
 * Guaranteed: what is handed over is the commit that the remote has, under the finalizer's lock; the item's record is in
 * the clone before the event is said; the event and the item's new state are one write. So whatever fails leaves the
 * item ready and not handed over, or handed over; the next call, or reconciliation from the record, says it, once.
 */
import { isoTime, wallMs } from "../clock.ts";
import { describeError, Failure, isFailure } from "../errors.ts";
import { writerUnder } from "../events/lock.ts";
import { step } from "../events/step.ts";
import { inSpan, noTraces } from "../telemetry/traces.ts";
import { type FinalizeGround, takeLock } from "./finalize.ts";
import { handOverRecord, recordedEvent, startedEvent } from "./finalize-plan.ts";
import type { Tip } from "./hand-over.ts";
import { type Finalize, type ItemState, standingOf } from "./item.ts";
import { verdictOf } from "./sessions/verdict.ts";
import { atRemote, type BranchPlace, correlationOf, keepRecord, takeBackRecord } from "./submit.ts";
import { openItems } from "./work-items.ts";

export type HandOverGround = BranchPlace &
  Pick<FinalizeGround, "source" | "writer" | "lock" | "by" | "traces">;

export type HandOverRequest = {
  slug: string;
  /** The last line that the finalizer has printed. */
  line: string;
  /** Ends the finalizer's session; null: there is none to end. */
  endSession: (() => Promise<void>) | null;
};

export type Queued = {
  kind: "queued";
  tip: Tip;
  attempt: number;
  /** The event's place in the stream; null where it was said before. */
  streamId: string | null;
  /** Why the finalizer's session could not be ended; null: it is over. */
  sessionProblem: string | null;
};

/**
 * Hands over what is ready. Throws a Failure, with the item still ready: `not_said`, `not_finalized`, `ready_moved` (not
 * ready), `finalize_locked`, `lock_lost`, `item_changed`, `remote_away` (temporary), and what the writer throws.
 */
export async function handOverReady(ground: HandOverGround, request: HandOverRequest): Promise<Queued> {
  const { slug, line } = request;
  const verdict = verdictOf(line);
  if (verdict.kind !== "finalize_ready" || verdict.slug !== slug) throw notSaid(slug);
  const items = openItems(ground.source);
  const state = await items.get(slug);
  const ready = readyOf(state, slug);
  const lock = ground.lock(slug);
  const isDone = ready.status === "handed_over";
  // Done already, and only the rest is missing: whoever still holds the lock has finished.
  const token = isDone ? ((await lock.hold())?.token ?? null) : (await takeLock(ground, items, slug)).token;
  try {
    const { traces = noTraces } = ground;
    const span = { name: "hand over", attributes: { "signalbox.slug": slug } };
    const streamId =
      isDone || token === null ? null : await inSpan(traces, span, () => say(ground, slug, ready, token));
    const sessionProblem = await end(request.endSession);
    const { branch, sha, attempt } = ready;
    return { kind: "queued", tip: { slug, branch, sha }, attempt, streamId, sessionProblem };
  } finally {
    // One that cannot be given back runs out by itself.
    if (token !== null) await lock.release(token).catch(() => {});
  }
}

/** Verifies the remote, writes the record, says the event. The event's stream id; null: somebody else said it. */
async function say(
  ground: HandOverGround,
  slug: string,
  ready: Finalize,
  token: number,
): Promise<string | null> {
  const there = await atRemote(ground, ready.branch);
  if (there !== ready.sha) throw movedAtRemote(ground, slug, ready, there);
  const guarded = writerUnder(ground.writer, ground.lock(slug).guard(token), `Handing ${slug} over`);
  const items = openItems(ground.source, guarded);
  const state = await items.get(slug);
  // Between the two looks somebody else may have handed it over, or the item gone another way.
  if (state !== null && isHandedOver(state, ready)) return null;
  if (state === null || !isStillReady(state, ready)) throw changed(slug);
  const at = isoTime(wallMs());
  const value = handOverRecord(state, ready, { by: ground.by, at });
  const kept = await step("hand_over.record", () => keepRecord(ground, value));
  try {
    return await step("hand_over.emit", () => emit(ground, items, slug, ready));
  } catch (error) {
    if (isFailure(error, "item_changed")) await takeBackRecord(ground, slug, kept);
    throw error;
  }
}

async function emit(
  { by, remote }: HandOverGround,
  items: ReturnType<typeof openItems>,
  slug: string,
  ready: Finalize,
): Promise<string | null> {
  const { branch, sha, attempt } = ready;
  const tip = { slug, branch, sha };
  const { type, data } = startedEvent(slug, ready, by);
  try {
    const said = await items.change(slug, (state, mark) => {
      if (state !== null && isHandedOver(state, ready)) return [];
      if (state === null || !isStillReady(state, ready)) throw changed(slug);
      const recorded = { ...tip, attempt, remote: ready.remote ?? remote, status: "handed_over" } as const;
      const recordedAt = isoTime(wallMs());
      return [
        recordedEvent(recorded, { by, mark, recorded_at: recordedAt }),
        { type: `domain.software-development.${type}`, data, correlationId: correlationOf(tip) },
      ];
    });
    return said.events.at(-1)?.streamId ?? null;
  } catch (error) {
    if (!isFailure(error, "idempotency_conflict")) throw error;
    // Reconciliation said it first, in an earlier hand-over's words: one fact, and it is known.
    const state = await items.get(slug);
    if (state === null || !isHandedOver(state, ready)) throw error;
    return null;
  }
}

/** The item goes on without it; why it did not end is told. */
async function end(endSession: (() => Promise<void>) | null): Promise<string | null> {
  if (endSession === null) return null;
  return step("hand_over.end_session", endSession).then(
    () => null,
    (error: unknown) => describeError(error),
  );
}

function readyOf(state: ItemState | null, slug: string): Finalize & { status: "ready" | "handed_over" } {
  const finalize = state?.finalize ?? null;
  const status = finalize?.status;
  const isOurs =
    state !== null && (isWithLine(state) || (standingOf(state) === "open" && state.phase === "finalize"));
  if (finalize !== null && isOurs && (status === "ready" || status === "handed_over"))
    return { ...finalize, status };
  throw new Failure({
    code: "not_finalized",
    kind: "not_ready",
    message: `${slug} is not ready to be handed over: it is not finalized.`,
    cure: `In its worktree: signalbox todo finalize ${slug}`,
  });
}

function isWithLine(state: ItemState): boolean {
  const standing = standingOf(state);
  return standing === "handed_over" || standing === "delivered";
}

function isSameTip(finalize: Finalize | null, ready: Finalize): boolean {
  return (
    finalize?.branch === ready.branch && finalize.sha === ready.sha && finalize.attempt === ready.attempt
  );
}

function isHandedOver(state: ItemState, ready: Finalize): boolean {
  return isSameTip(state.finalize, ready) && state.finalize?.status === "handed_over";
}

function isStillReady(state: ItemState, ready: Finalize): boolean {
  const isOpen = standingOf(state) === "open" && state.phase === "finalize";
  const isApproved = state.approval !== null && state.approval.revoked === null;
  return isOpen && isApproved && isSameTip(state.finalize, ready) && state.finalize?.status === "ready";
}

function notSaid(slug: string): Failure {
  return new Failure({
    code: "not_said",
    kind: "not_ready",
    message: `The finalizer of ${slug} did not end with FINALIZE_READY: ${slug}.`,
    cure: `signalbox todo finalize ${slug} in its worktree says what is missing.`,
  });
}

function movedAtRemote(
  { remote }: HandOverGround,
  slug: string,
  { branch, sha }: Finalize,
  there: string | null,
): Failure {
  const where = there === null ? "is gone" : `is at ${there.slice(0, 7)}`;
  return new Failure({
    code: "ready_moved",
    kind: "not_ready",
    message: `${slug} is ready at ${sha.slice(0, 7)}, but ${remote}/${branch} ${where}; it is not handed over.`,
    cure: `See who moved it (git fetch ${remote}), then finalize ${slug} again.`,
  });
}

function changed(slug: string): Failure {
  return new Failure({
    code: "item_changed",
    kind: "temporary",
    message: `${slug} was changed by somebody else while it was being handed over; it is not handed over.`,
    cure: `Look at it (signalbox todo show ${slug}), then try again.`,
  });
}
