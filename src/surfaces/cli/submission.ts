/** What becomes of a hand-over, as far as somebody waits for it. */

import { readQueueItem } from "../../board/queue-view.ts";
import type { QueueItemShape } from "../../board/shapes.ts";
import type { SubmitShape } from "../../board/shapes-of-commands.ts";
import { monotonicMs, pause } from "../../clock.ts";
import { exitCodes } from "../../errors.ts";
import { compareStreamIds } from "../../events/entry.ts";
import { openProjection } from "../../events/projection.ts";
import type { LineRepository } from "../../git/line-repository.ts";
import type { LineStores } from "../../integration/assembly.ts";
import { candidateKey } from "../../integration/candidate.ts";
import type { QueueItem } from "../../integration/queue.ts";
import { readinessProjectionName } from "../../integration/readiness-projection.ts";
import type { Known, Tip } from "../../orchestration/hand-over.ts";
import { openLine } from "../../workplace.ts";
import { styled } from "../text.ts";
import type { Bus } from "./bus-context.ts";
import type { Invocation } from "./invocation.ts";
import { judgeOf, storesOf } from "./line-context.ts";

export type Submission = {
  tip: Tip;
  /** The attempt that was asked for: an item of an older one is not the answer. */
  attempt: number;
  /** The last event that was said; null where there was nothing new to say. */
  lastStreamId: string | null;
};

export type Answer = { shape: SubmitShape; exitCode: number };

/** How long the daemon may take to hear of it, before the answer is given without it. */
const heardWithinMs = 3000;
const lookEveryMs = 100;
const judgeEveryMs = 2000;

/** What the line knows of the slug, for the hand-over's events; `superseded`: a newer one took this tip's place for good. */
export async function knownOf(stores: LineStores, tip: Tip): Promise<Known & { superseded: boolean }> {
  const [state, stored] = await Promise.all([stores.readiness.state(tip.slug), stores.queue.item(tip)]);
  const fact = state?.finalized.find(({ branch, sha }) => branch === tip.branch && sha === tip.sha) ?? null;
  const approval = state?.approval ?? null;
  return {
    approval:
      approval === null
        ? null
        : { round: approval.round, approvedSha: approval.approvedSha, revoked: approval.revoked !== null },
    attempt: fact === null ? null : Math.max(fact.attempt, stored?.item.attempt ?? 0),
    blocked: stored?.item.status === "blocked" || (fact !== null && fact.withdrawn !== null),
    superseded: stored?.item.status === "superseded",
  };
}

/** The landing of a branch that was being tidied away a moment ago; null where it does not come to one. */
export async function landedMeanwhile(
  bus: Bus,
  { branch, slug }: { branch: string; slug: string },
): Promise<Answer | null> {
  const deadline = monotonicMs() + heardWithinMs;
  for (;;) {
    const item = await readQueueItem(storesOf(bus), slug);
    if (item === null || item.branch !== branch) return null;
    if (item.status === "integrated") return landedAnswer(item);
    if (item.status !== "in_progress" || monotonicMs() > deadline) return null;
    await pause(lookEveryMs);
  }
}

/** The state a moment later: queued with its position, waiting for its review, or just handed over. */
export async function settled(bus: Bus, submission: Submission): Promise<Answer> {
  const stores = storesOf(bus);
  const deadline = monotonicMs() + heardWithinMs;
  if (!(await heard(bus, submission, deadline)))
    return { shape: await shapeOf(stores, submission, null), exitCode: 0 };
  await using line = await openLine(bus.workplace);
  for (;;) {
    const item = await itemOf(stores, submission);
    if (item !== null) return { shape: await shapeOf(stores, submission, item), exitCode: 0 };
    const waits = await waitsForReview(bus, line, submission);
    if (waits !== "no" || monotonicMs() > deadline) {
      const shape = await shapeOf(stores, submission, null);
      return { shape: waits === "review" ? { ...shape, outcome: "waiting_for_review" } : shape, exitCode: 0 };
    }
    await pause(lookEveryMs);
  }
}

/** Follows it until it has landed or cannot, or until the timeout. */
export async function awaitOutcome(call: Invocation, bus: Bus, submission: Submission): Promise<Answer> {
  const stores = storesOf(bus);
  const timeoutMs = call.options.duration("timeout");
  const deadline = timeoutMs === null ? Number.POSITIVE_INFINITY : monotonicMs() + timeoutMs;
  const tell = progress(call);
  await using line = await openLine(bus.workplace);
  let judgedMs = Number.NEGATIVE_INFINITY;
  while (monotonicMs() < deadline) {
    const item = await itemOf(stores, submission);
    if (item !== null) {
      tell(`${item.slug} is ${item.status}: ${item.why}`);
      const exitCode = ends[item.status];
      if (exitCode !== null) return { shape: await shapeOf(stores, submission, item), exitCode };
    } else if (monotonicMs() - judgedMs > judgeEveryMs && (await heard(bus, submission, 0))) {
      judgedMs = monotonicMs();
      if ((await waitsForReview(bus, line, submission)) === "review") {
        const shape = await shapeOf(stores, submission, null);
        return { shape: { ...shape, outcome: "waiting_for_review" }, exitCode: exitCodes.not_ready };
      }
    }
    await pause(Math.min(lookEveryMs, Math.max(deadline - monotonicMs(), 0)));
  }
  return {
    shape: await shapeOf(stores, submission, await itemOf(stores, submission)),
    exitCode: exitCodes.temporary,
  };
}

const ends: Record<QueueItem["status"], number | null> = {
  queued: null,
  in_progress: null,
  integrated: 0,
  blocked: exitCodes.not_ready,
  superseded: exitCodes.not_ready,
};

/** Each change once, on stderr. */
function progress(call: Invocation): (line: string) => void {
  let last = "";
  return (line) => {
    if (line !== last && !call.output.json) call.output.note(styled("dim", line));
    last = line;
  };
}

/** Whether readiness has taken in everything that was said. */
async function heard(bus: Bus, { lastStreamId }: Submission, deadline: number): Promise<boolean> {
  if (lastStreamId === null) return true;
  const reader = openProjection(bus, readinessProjectionName);
  for (;;) {
    const position = await reader.position();
    if (position !== null && compareStreamIds(position.streamId, lastStreamId) >= 0) return true;
    if (monotonicMs() >= deadline) return false;
    await pause(lookEveryMs / 4);
  }
}

/** The item of the attempt that was asked for. */
async function itemOf(stores: LineStores, { tip, attempt }: Submission): Promise<QueueItem | null> {
  const item = (await stores.queue.item(tip))?.item ?? null;
  return item !== null && item.attempt >= attempt ? item : null;
}

/** `review`: nobody has approved it; `other`: something else is missing; `no`: it is READY, or not known yet. */
async function waitsForReview(
  bus: Bus,
  line: LineRepository,
  { tip }: Submission,
): Promise<"review" | "other" | "no"> {
  const judged = await judgeOf(bus, line).look(new Set([tip.slug]));
  const key = candidateKey(tip);
  const own = judged.find(({ judgement }) => candidateKey(judgement.candidate) === key)?.judgement;
  if (own === undefined || own.status !== "NOT_READY") return "no";
  return own.conditions.some(({ name, holds }) => name === "reviewed" && !holds) ? "review" : "other";
}

/** What is said of a candidate that has landed before. */
export function landedAnswer(item: QueueItemShape): Answer {
  const { slug, branch, sha, merge_commit, main_sha, reason, next_action, follow_up_slug } = item;
  const end = { outcome: "integrated", position: null, merge_commit, main_sha } as const;
  return { shape: { slug, branch, sha, ...end, reason, next_action, follow_up_slug }, exitCode: 0 };
}

async function shapeOf(
  stores: LineStores,
  { tip }: Submission,
  item: QueueItem | null,
): Promise<SubmitShape> {
  const order = item?.status === "queued" ? await stores.queue.queued(100_000) : [];
  const at = order.findIndex((each) => candidateKey(each) === candidateKey(tip));
  const outcome =
    item === null || item.status === "queued" || item.status === "in_progress" ? "submitted" : item.status;
  return {
    ...tip,
    outcome,
    position: at < 0 ? null : at + 1,
    merge_commit: item?.mergeCommit ?? null,
    main_sha: item?.mainSha ?? null,
    reason: item?.reason ?? null,
    next_action: item?.nextAction ?? null,
    follow_up_slug: item?.followUpSlug ?? null,
  };
}
