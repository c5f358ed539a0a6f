/** What the board is read from: a clone, its Redis, and nothing that writes. */
import type { AtomicWriter } from "../events/atomic-write.ts";
import { type CutoverPlace, cutoverPlace } from "../guards/cutover-store.ts";
import type { Redis } from "../redis/connection.ts";
import type { Engine } from "../redis/engine.ts";
import type { Keys } from "../redis/keys.ts";
import type { Workplace } from "../workplace.ts";

export type BoardGround = {
  workplace: Workplace;
  engine: Pick<Engine, "kind" | "version" | "persistence">;
  redis: Redis;
  keys: Keys;
};

/** For stores that are only looked at: to write through it is a bug. */
export const lookOnly: AtomicWriter = {
  write: () => Promise.reject(new Error("whoever only looks writes nothing")),
};

/** Where the cutover is read. */
export function cutoverAt({ workplace, keys, redis }: Omit<BoardGround, "engine">): CutoverPlace {
  return cutoverPlace(workplace, keys.control, redis);
}
