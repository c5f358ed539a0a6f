/** Ids of events: UUIDv7. Randomness is drawn for many at a time: one draw each would be a fifth of an emit. */
import { randomFillSync } from "node:crypto";
import { v7 } from "uuid";

const bytesPerId = 16;
const pool = new Uint8Array(bytesPerId * 256);
let drawn = pool.length;

/** A new id; its first digits are this machine's time. */
export function newEventId(): string {
  return v7({ rng: nextBytes });
}

function nextBytes(): Uint8Array {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += bytesPerId;
  return pool.slice(drawn - bytesPerId, drawn);
}
