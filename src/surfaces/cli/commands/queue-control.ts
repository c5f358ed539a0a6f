/** `signalbox queue pause|drain|resume|retry|withdraw`: what people may do to the queue, as the queue's rules allow it. */

import { readQueueItem } from "../../../board/queue-view.ts";
import { isoTime } from "../../../clock.ts";
import {
  type OperateOptions,
  pauseQueue,
  resumeQueue,
  retryCandidate,
  withdrawCandidate,
} from "../../../integration/operate.ts";
import type { QueueItem } from "../../../integration/queue.ts";
import { openLine } from "../../../workplace.ts";
import { styled } from "../../text.ts";
import { type Bus, openBus } from "../bus-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { judgeOf, storesOf } from "../line-context.ts";
import { slugAtDoor } from "../names-at-the-door.ts";
import { reasonOf } from "../reason.ts";

/** Takes no new candidate; the one in hand finishes. */
export async function pause(call: Invocation): Promise<number> {
  return stop(call, false);
}

/** Lands what is queued now, then pauses. */
export async function drain(call: Invocation): Promise<number> {
  return stop(call, true);
}

async function stop(call: Invocation, draining: boolean): Promise<number> {
  const reason = reasonOf(call);
  await using bus = await openBus(call);
  const paused = await pauseQueue(operating(bus), { reason, draining });
  const { by, atMs } = paused;
  if (call.output.json) call.output.document({ paused: { by, at: isoTime(atMs), reason, draining } });
  else
    call.output.line(
      styled("warn", draining ? "Draining" : "Paused"),
      ` by ${by}: ${reason}. `,
      styled("dim", "→ signalbox queue resume"),
    );
  return 0;
}

/** Goes on. A queue that runs already goes on running: 0. */
export async function resume(call: Invocation): Promise<number> {
  const reason = call.options.text("reason") ?? "resumed by hand";
  await using bus = await openBus(call);
  const resumed = await resumeQueue(operating(bus), reason);
  if (call.output.json) call.output.document({ paused: null, resumed });
  else call.output.line(resumed ? styled("good", "The queue goes on.") : "The queue was not paused.");
  return 0;
}

/** Judges a blocked candidate again and queues it. */
export async function retry(call: Invocation): Promise<number> {
  const slug = slugAtDoor(required(call, 0));
  await using bus = await openBus(call);
  await using line = await openLine(bus.workplace);
  const judged = await judgeOf(bus, line).look(new Set([slug]));
  const item = await retryCandidate(operating(bus), slug, judged);
  await answer(call, bus, item);
  return 0;
}

/** Takes a queued candidate out; its branch and worktree are kept. */
export async function withdraw(call: Invocation): Promise<number> {
  const slug = slugAtDoor(required(call, 0));
  const reason = reasonOf(call);
  await using bus = await openBus(call);
  await answer(call, bus, await withdrawCandidate(operating(bus), slug, reason));
  return 0;
}

async function answer(call: Invocation, bus: Bus, item: QueueItem): Promise<void> {
  if (call.output.json) call.output.document(await readQueueItem(storesOf(bus), item.slug));
  else
    call.output.line(styled("strong", item.slug), ` is ${item.status} now: ${item.why}.`.replace("..", "."));
}

function operating(bus: Bus): OperateOptions {
  return { redis: bus.redis, stores: storesOf(bus), by: bus.actor };
}
