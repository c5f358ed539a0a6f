/** How far each callback is behind, by our own counters: Redis' own lag is wrong after a trim and unknown after a deletion. */

import { isFailure } from "../errors.ts";
import type { Redis, Reply } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { entriesOfReply } from "./entry.ts";
import { readLogState, readPosition } from "./log-state.ts";
import type { Position } from "./position.ts";

export type GroupLag = {
  name: string;
  /** Events said and not yet handled. */
  lag: number;
  position: Position | null;
  /** Delivered and not acknowledged. */
  pending: number;
};

export type Lag = {
  /** The largest of all groups. */
  lag: number;
  /** The newest entry of the log, or `null` where it is empty. */
  lastEventId: string | null;
  epoch: string | null;
  sequence: number;
  quarantined: number;
  groups: GroupLag[];
};

/** The lag of every group there is. */
export async function readLag({ redis, keys }: { redis: Redis; keys: Keys }): Promise<Lag> {
  const log = await readLogState(redis, keys);
  const [newest] = entriesOfReply(await redis.command(["XREVRANGE", keys.stream, "+", "-", "COUNT", 1]));
  const groups: GroupLag[] = [];
  for (const { name, pending } of await readGroups(redis, keys.stream)) {
    const position = await readPosition(redis, keys, name);
    const handled = position === null || position.epoch !== log.epoch ? log.trimmed : position.sequence;
    groups.push({ name, lag: Math.max(0, log.sequence - handled), position, pending });
  }
  return {
    lag: Math.max(0, ...groups.map(({ lag }) => lag)),
    lastEventId: newest?.streamId ?? null,
    epoch: log.epoch,
    sequence: log.sequence,
    quarantined: Number(await redis.command(["HLEN", keys.quarantine])),
    groups,
  };
}

export type GroupState = { name: string; pending: number; lastDelivered: string };

/** The consumer groups of a stream; none where there is no stream. */
export async function readGroups(redis: Redis, stream: string): Promise<GroupState[]> {
  let reply: Reply;
  try {
    reply = await redis.command(["XINFO", "GROUPS", stream]);
  } catch (error) {
    if (isFailure(error, "redis_refused")) return [];
    throw error;
  }
  if (!Array.isArray(reply)) return [];
  return reply.filter(Array.isArray).map((flat) => {
    const field = (name: string) => flat[flat.indexOf(name) + 1];
    return {
      name: String(field("name")),
      pending: Number(field("pending")),
      lastDelivered: String(field("last-delivered-id")),
    };
  });
}
