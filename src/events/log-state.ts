/** What the log says of itself, and where groups stand in it. */
import type { Redis, Reply } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import type { Guard, Op } from "./atomic-write.ts";
import type { LogState } from "./continuity.ts";
import type { Position } from "./position.ts";

/** Epoch, last sequence number and the last one that retention removed. */
export async function readLogState(redis: Redis, keys: Keys): Promise<LogState> {
  const [epoch, sequence, trimmed] = await hashFields(redis, keys.meta, ["epoch", "sequence", "trimmed"]);
  return { epoch: epoch ?? null, sequence: Number(sequence ?? 0), trimmed: Number(trimmed ?? 0) };
}

/** Where a group stands; `null` before its first event. */
export async function readPosition(redis: Redis, keys: Keys, group: string): Promise<Position | null> {
  const [streamId, sequence, epoch] = await hashFields(redis, keys.cursor(group), [
    "stream_id",
    "sequence",
    "epoch",
  ]);
  if (streamId === null || streamId === undefined) return null;
  return { streamId, sequence: Number(sequence ?? 0), epoch: epoch ?? "" };
}

/** "Only while the group still stands there." */
export function positionGuards(keys: Keys, group: string, at: Position | null): Guard[] {
  const key = keys.cursor(group);
  return [
    { kind: "field", key, field: "stream_id", equals: at?.streamId ?? null },
    { kind: "field", key, field: "sequence", equals: at === null ? null : String(at.sequence) },
  ];
}

export function positionOps(keys: Keys, group: string, to: Position): Op[] {
  const key = keys.cursor(group);
  return [
    { op: "hset", key, field: "stream_id", value: to.streamId },
    { op: "hset", key, field: "sequence", value: String(to.sequence) },
    { op: "hset", key, field: "epoch", value: to.epoch },
  ];
}

/** The fields and values that HGETALL answers with, in pairs. */
export function pairsOf(reply: Reply | undefined): [field: string, value: string][] {
  if (!Array.isArray(reply)) return [];
  return Array.from({ length: Math.floor(reply.length / 2) }, (_, at) => [
    String(reply[at * 2]),
    String(reply[at * 2 + 1]),
  ]);
}

/** Some fields of a hash, in order; `null` where one is absent. */
export async function hashFields(
  redis: Redis,
  key: string,
  fields: readonly string[],
): Promise<(string | null)[]> {
  const reply = await redis.command(["HMGET", key, ...fields]);
  const values = Array.isArray(reply) ? reply : [];
  return fields.map((_, index) => {
    const value = values[index];
    return typeof value === "string" ? value : null;
  });
}
