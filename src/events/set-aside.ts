/** What becomes of an event that a callback cannot handle: asked again with growing pauses, then quarantined. */
import { isoTime } from "../clock.ts";
import type { Op, WriteOutcome } from "./atomic-write.ts";
import type { Turn, Worker } from "./callback-worker.ts";
import { positionAt } from "./continuity.ts";
import type { Entry } from "./entry.ts";
import type { CloudEvent, StoredEvent } from "./envelope.ts";
import { redisNowMs } from "./hold.ts";
import { hashFields, positionGuards, positionOps, readLogState } from "./log-state.ts";
import { eventQuarantined } from "./platform.ts";
import type { Position } from "./position.ts";
import { type Quarantined, quarantineId } from "./quarantine.ts";
import { step } from "./step.ts";

export type Failed =
  /** No later try can read it: set aside at once. */
  | { kind: "unreadable"; entry: Entry; envelope: CloudEvent | null; reason: string }
  | { kind: "failed"; entry: Entry; stored: StoredEvent; reason: string };

/** Counts a failure. While there are tries left the answer is to wait; then the event is moved out of the way. */
export async function setAside(
  worker: Worker,
  failed: Failed,
): Promise<Turn | { kind: "written"; outcome: WriteOutcome; to: Position }> {
  const { context, projection } = worker;
  const { redis, keys, tries, lease, writer } = context;
  const { streamId } = failed.entry;
  const key = keys.attempts(projection.name);
  const [before] = await hashFields(redis, key, [streamId]);
  const attempts = Number(before ?? 0) + 1;
  if (failed.kind === "failed" && attempts < tries.tries) {
    const ops: Op[] = [{ op: "hset", key, field: streamId, value: String(attempts) }];
    const outcome = await writer.write({ guards: [lease], ops });
    if (outcome.kind === "guard_failed") return { kind: "fenced_out" };
    worker.failedBefore.add(streamId);
    const afterMs = Math.min(tries.longestDelayMs, tries.firstDelayMs * 2 ** (attempts - 1));
    return { kind: "later", afterMs, reason: `${streamId}: ${failed.reason}` };
  }
  const to = await positionAfter(worker, failed);
  const record = await recordOf(worker, failed, attempts);
  const outcome = await step(`quarantine ${projection.name}`, () =>
    writer.write({
      guards: [lease, ...positionGuards(keys, projection.name, worker.position)],
      ops: [
        { op: "hset", key: keys.quarantine, field: record.id, value: JSON.stringify(record) },
        { op: "hdel", key, field: streamId },
        ...positionOps(keys, projection.name, to),
        { op: "xack", key: keys.stream, group: projection.name, id: streamId },
      ],
      events: announcement(record),
    }),
  );
  return { kind: "written", outcome, to };
}

async function positionAfter(worker: Worker, failed: Failed): Promise<Position> {
  if (failed.kind === "failed") return positionAt(failed.stored);
  const { streamId } = failed.entry;
  if (failed.envelope !== null) return positionAt({ streamId, event: failed.envelope });
  const { position, context } = worker;
  // Nobody numbered it, so the next one has the number that this one would have had.
  const sequence = position?.sequence ?? (await readLogState(context.redis, context.keys)).trimmed;
  return { streamId, sequence, epoch: position?.epoch ?? "" };
}

async function recordOf(
  { context, projection }: Worker,
  failed: Failed,
  attempts: number,
): Promise<Quarantined> {
  const { streamId, text, type } = failed.entry;
  return {
    id: quarantineId(projection.name, streamId),
    group: projection.name,
    stream_id: streamId,
    type: (failed.kind === "failed" ? failed.stored.event.type : type)?.slice(0, 200) ?? null,
    reason: failed.reason.slice(0, 2000),
    attempts,
    quarantined_at: isoTime(await redisNowMs(context.redis)),
    text,
  };
}

/** A callback that fails on this very event says nothing: it would have to handle that, too. */
function announcement({ stream_id, group, type, reason, attempts }: Quarantined) {
  if (type === eventQuarantined) return [];
  const event_type = type !== null && /^[\x20-\x7e]+$/.test(type) ? type : null;
  return [{ type: eventQuarantined, data: { stream_id, group, event_type, reason, attempts } }];
}
