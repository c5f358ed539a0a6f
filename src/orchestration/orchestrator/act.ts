/**
 * The hands of an orchestrator: one for each thing that is decided. Each may run twice, and asks what is already true: a
 * mark stands on the state as it is, a session's name lets it be started once, finalizing and handing over know what is
 * done.
 */
import { isoTime, monotonicMs, wallMs } from "../../clock.ts";
import { Failure, isFailure } from "../../errors.ts";
import { step as published } from "../../events/step.ts";
import { finalize } from "../finalize.ts";
import { readyLine } from "../finalize-plan.ts";
import { handOverReady } from "../hand-over-ready.ts";
import { markPhase } from "../mark-phase.ts";
import { nameOf, type Step } from "../phases.ts";
import { endSession, settleLost } from "../sessions/end-session.ts";
import { readSession } from "../sessions/find-sessions.ts";
import { startSession } from "../sessions/start-session.ts";
import { watchSession } from "../sessions/watch-session.ts";
import { startItem } from "../start-item.ts";
import { sessionNamed } from "./attempt.ts";
import { findingsOf } from "./findings.ts";
import type { Walker } from "./ground.ts";
import type { Seen } from "./look.ts";
import type { Next } from "./next-step.ts";
import { askedEvent } from "./questions.ts";

type Doing<What extends Next["do"]> = Extract<Next, { do: What }>;

/** Does it. Throws the Failure of whatever was refused or is away: the next look decides on what is so then. */
export async function act(walker: Walker, seen: Seen, next: Exclude<Next, { do: "stop" }>): Promise<void> {
  switch (next.do) {
    case "end_sessions":
      return leave(walker, next.ids);
    case "prepare":
      return prepare(walker);
    case "mark":
      return markStep(walker, next);
    case "start_worker":
      return startWorker(walker, seen, next);
    case "watch":
      return watch(walker, seen, next.sessionId);
    case "end_silent":
      return endNow(walker, next.sessionId, "it gave no sign of life for its limit");
    case "settle":
      return settle(walker, next.sessionId);
    case "finalize":
      return finalizeHere(walker);
    case "hand_over":
      return handOver(walker, next.sessionId);
    case "ask":
      return ask(walker, seen, next);
    default:
      return next satisfies never;
  }
}

async function prepare({ ground, slug, items, memory, stop }: Walker): Promise<void> {
  const base = await ground.starting();
  const started = await published("orchestrate.prepare", async () =>
    startItem(
      {
        ...base,
        mark: { ...base.mark, items },
        prepare: base.prepare === null ? null : { ...base.prepare, signal: stop },
      },
      {
        slug,
        branch: null,
        worktree: null,
        unplanned: false,
        followUp: await ground.followUp(slug),
        by: ground.by,
        at: isoTime(wallMs()),
      },
    ),
  );
  for (const note of started.notes) ground.tell(slug, note);
  const { prepared } = started;
  if (prepared.kind !== "failed") {
    memory.prepared = true;
    memory.prepareFailures = [];
    return;
  }
  // Called off by us, it says nothing about the worktree.
  if (stop.aborted) return;
  const last = prepared.lastLines.at(-1);
  const why = last === undefined ? prepared.why : `${prepared.why}: ${last}`;
  memory.prepareFailures.push({ why, log: prepared.log });
  ground.tell(slug, `could not be prepared: ${why}`);
}

async function markStep(walker: Walker, { step, by }: Doing<"mark">): Promise<void> {
  const { ground, slug, items } = walker;
  const isVerdict = by !== null && step.phase === "review" && step.status !== "pending";
  const findings = isVerdict ? await findingsOf(ground.sessions, by) : null;
  const request = { ...step, slug, by: by ?? ground.by, at: isoTime(wallMs()), findings, overLimit: false };
  await published(`orchestrate.mark ${nameOf(step)}`, () =>
    markPhase({ ...ground.finalizing, items }, request),
  );
  // A worker's step begins in a place that was made ready for it.
  if (!isBeginning(step)) walker.memory.prepared = false;
}

function isBeginning({ status }: Step): boolean {
  return status === "started" || status === "pending";
}

async function startWorker(walker: Walker, seen: Seen, next: Doing<"start_worker">): Promise<void> {
  const { ground, slug } = walker;
  const { role, phase, attempt } = next;
  const command = ground.commands[phase];
  const { place } = seen;
  if (place === null || command === null) throw new Error(`${slug} was to be worked on without a place`);
  const { key } = sessionNamed(role, slug, { since: seen.since, attempt });
  const { remote, main } = ground.finalizing;
  const outcome = await published(`orchestrate.start ${role}`, () =>
    startSession(ground.sessions, {
      role,
      slug,
      key,
      command,
      values: { branch: place.branch, base: `${remote}/${main}`, worktree: place.path },
      runner: ground.runner,
      silenceLimitMs: ground.silenceMs[phase],
      variables: ground.variables,
      secretNames: ground.secretNames,
    }),
  );
  if (outcome.kind === "not_started") ground.tell(slug, `the ${role} could not be started: ${outcome.why}`);
}

/** How often an item's own words are looked for while its worker works, ms. */
const lookEveryMs = 1000;

/** Until there is news of the session, or something was said that ends its step. */
async function watch(walker: Walker, seen: Seen, sessionId: string): Promise<void> {
  const { ground, items, slug, stop } = walker;
  while (!stop.aborted) {
    const pausing = AbortSignal.timeout(lookEveryMs);
    const news = await watchSession(ground.sessions, sessionId, { stop: AbortSignal.any([stop, pausing]) });
    if (news.kind === "ended") {
      walker.memory.prepared = false;
      ground.tell(slug, `${sessionId} ended: ${news.end.why}`);
    }
    if (news.kind !== "stopped") return;
    const state = await items.get(slug);
    if (state === null || state.since.id !== seen.since || state.asked !== null || state.dropped !== null)
      return;
    if (state.finalize?.status !== seen.state?.finalize?.status) return;
  }
}

/** A worker that has concluded may have something to put away, ms. */
const leaveWithinMs = 10_000;

/** Ends sessions that have nothing left to do; those that end by themselves are let. */
async function leave(walker: Walker, ids: readonly string[]): Promise<void> {
  const patience = AbortSignal.any([walker.stop, AbortSignal.timeout(leaveWithinMs)]);
  const began = monotonicMs();
  for (const id of ids) {
    const news = await watchSession(walker.ground.sessions, id, { stop: patience });
    if (news.kind === "ended" || news.kind === "unknown") continue;
    if (walker.stop.aborted && monotonicMs() - began < leaveWithinMs) return;
    await endNow(walker, id, "its work is done");
  }
  walker.memory.prepared = false;
}

async function endNow({ ground, slug, memory }: Walker, id: string, reason: string): Promise<void> {
  memory.prepared = false;
  const outcome = await published("orchestrate.end", () =>
    endSession(ground.sessions, id, { by: ground.by, reason }),
  );
  if (outcome.kind === "ended") ground.tell(slug, `${id} was ended: ${reason}`);
  if (outcome.kind !== "remains") return;
  throw new Failure({
    code: "session_remains",
    kind: "failed",
    message: `Processes of ${id} do not end, not even by KILL: ${outcome.pids.join(", ")}.`,
    cure: "They are another user's, or hang in the kernel; look at them with ps.",
  });
}

async function settle({ ground, slug }: Walker, id: string): Promise<void> {
  const session = await readSession(ground.sessions, id);
  if (session === null || session.end !== null) return;
  const outcome = await settleLost(ground.sessions, session);
  if (outcome.kind === "ended") ground.tell(slug, `${id} was lost: ${outcome.end.why}`);
}

async function finalizeHere(walker: Walker): Promise<void> {
  const { ground, slug } = walker;
  await guarded(walker, async () => {
    const done = await finalize(ground.finalizing, slug);
    if (done.kind === "ready")
      await handOverReady(ground.finalizing, { slug, line: readyLine(slug), endSession: null });
  });
}

async function handOver(walker: Walker, sessionId: string): Promise<void> {
  const { ground, slug } = walker;
  const line = (await readSession(ground.sessions, sessionId))?.end?.lastLine ?? "";
  await guarded(walker, async () => {
    await handOverReady(ground.finalizing, { slug, line, endSession: null });
  });
}

/** What somebody has to see to is a person's; what will pass is tried again by who called. */
async function guarded(walker: Walker, hand: () => Promise<void>): Promise<void> {
  try {
    await published("orchestrate.finalize", hand);
  } catch (error) {
    if (!isFailure(error) || error.kind === "temporary" || error.kind === "unavailable") throw error;
    // The next look finds it stale, and has it reviewed again.
    if (error.code === "approval_stale" || error.code === "approval_missing") throw error;
    walker.memory.finalizeTrouble = { why: error.message, cure: error.cure };
  }
}

async function ask({ ground, slug, items, memory }: Walker, seen: Seen, next: Doing<"ask">): Promise<void> {
  await published("orchestrate.ask", () =>
    items.change(slug, (state, mark) => {
      if (state === null || state.since.id !== seen.since || state.asked !== null) return [];
      return [askedEvent(next.question, { slug, by: ground.by, mark, at: isoTime(wallMs()) })];
    }),
  );
  memory.prepareFailures = [];
  memory.finalizeTrouble = null;
}
