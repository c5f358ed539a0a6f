/**
 * Whether the log is whole: each event has the number after the one before it. Pure.
 *
 * A hole, a number that went back or another epoch means that something was lost, and is told, never skipped.
 */

import { compareStreamIds } from "./entry.ts";
import type { CloudEvent } from "./envelope.ts";
import { sequenceOf } from "./envelope.ts";
import type { gapKinds } from "./platform.ts";
import type { Position } from "./position.ts";

export type Gap = {
  kind: (typeof gapKinds)[number];
  epoch: string | null;
  expectedEpoch: string | null;
  expectedSequence: number | null;
  foundSequence: number | null;
};

/** What the log says of itself. `trimmed` is the number of the last event that retention removed. */
export type LogState = { epoch: string | null; sequence: number; trimmed: number };

export type Continuity = { kind: "next" } | { kind: "handled" } | { kind: "gap"; gap: Gap };

/** How an event stands to the place a group has reached; `null`: it has handled nothing yet. */
export function continuityOf(
  reached: Position | null,
  found: { streamId: string; event: Pick<CloudEvent, "sequence" | "epoch"> },
  trimmed: number,
): Continuity {
  const sequence = Number(found.event.sequence);
  const { epoch } = found.event;
  const gap = (kind: Gap["kind"], expectedSequence: number): Continuity => ({
    kind: "gap",
    gap: { kind, epoch, expectedEpoch: reached?.epoch ?? null, expectedSequence, foundSequence: sequence },
  });
  if (reached === null) return sequence > trimmed + 1 ? gap("missing", trimmed + 1) : { kind: "next" };
  // No epoch: only unreadable entries were there so far.
  if (reached.epoch === "") return { kind: "next" };
  if (epoch !== reached.epoch) return gap("new_epoch", 1);
  if (sequence === reached.sequence + 1) return { kind: "next" };
  if (sequence > reached.sequence) return gap("missing", reached.sequence + 1);
  // The same number again: the entry itself, delivered again, or a counter that went back.
  if (compareStreamIds(found.streamId, reached.streamId) <= 0) return { kind: "handled" };
  return gap("went_back", reached.sequence + 1);
}

/** What is missing where a group has read all there is; `null` where nothing is. */
export function lostTail(reached: Position | null, log: LogState): Gap | null {
  if (log.epoch === null || (reached !== null && reached.epoch !== log.epoch)) return null;
  const last = reached?.sequence ?? log.trimmed;
  if (log.sequence <= last) return null;
  return {
    kind: "lost_tail",
    epoch: log.epoch,
    expectedEpoch: log.epoch,
    expectedSequence: last + 1,
    foundSequence: null,
  };
}

/** Whether the log is the one that was seen before, and at least as long. `null` where it is. */
export function otherLog(seen: Pick<Position, "epoch" | "sequence"> | null, log: LogState): Gap | null {
  if (seen === null) return null;
  const told = { epoch: log.epoch, expectedEpoch: seen.epoch, foundSequence: log.sequence };
  if (seen.epoch !== log.epoch) return { ...told, kind: "new_epoch", expectedSequence: seen.sequence + 1 };
  if (log.sequence < seen.sequence)
    return { ...told, kind: "lost_tail", expectedSequence: seen.sequence + 1 };
  return null;
}

/** Where a group stands once it has handled an event. */
export function positionAt(found: { streamId: string; event: CloudEvent }): Position {
  return { streamId: found.streamId, sequence: sequenceOf(found.event), epoch: found.event.epoch };
}
