/**
 * Says when something new is in the log: the one blocking read of a process, on a connection of its own.
 *
 * It only looks (XREAD), takes nothing from any group, so a reply that is lost, late or for a dead process costs
 * nothing. A server that froze, or a half-open connection, answers never: the deadline outside the client is the
 * watchdog that ends the wait and replaces the connection.
 */
import type { Redis } from "../redis/connection.ts";
import { entriesOfRead, entriesOfReply } from "./entry.ts";

export type News = {
  /** Resolves when something was added since the last call, or after `waitMs`. Throws what Redis throws. */
  next(waitMs: number): Promise<"new" | "nothing">;
  close(): Promise<void>;
};

/** How much later than asked an answer may come, ms. */
const graceMs = 1500;

/** The first answer is "new" at once, and so is the first one after a failure: read then, and nothing is missed. */
export function openNews(redis: Redis, stream: string): News {
  let connection: Redis | null = null;
  let closed = false;
  let last: string | null = null;
  const drop = async () => {
    const former = connection;
    connection = null;
    await former?.close();
  };
  async function newest(from: Redis): Promise<string> {
    const [entry] = entriesOfReply(await from.command(["XREVRANGE", stream, "+", "-", "COUNT", 1]));
    return entry?.streamId ?? "0-0";
  }
  return {
    async next(waitMs) {
      try {
        if (connection === null) {
          const fresh = await redis.duplicate();
          if (closed) await fresh.close();
          connection = fresh;
        }
        if (last === null) {
          // Whatever came before this look is news to those who have not read yet.
          last = await newest(connection);
          return "new";
        }
        const args = ["XREAD", "COUNT", 1, "BLOCK", waitMs, "STREAMS", stream, last];
        const entries = entriesOfRead(await connection.command(args, { deadlineMs: waitMs + graceMs }));
        if (entries.length === 0) {
          // A log that was emptied and begun anew may have smaller ids: begin again from what is there.
          const top = await newest(connection);
          const moved = top !== last;
          last = top;
          return moved ? "new" : "nothing";
        }
        last = await newest(connection);
        return "new";
      } catch (error) {
        last = null;
        await drop();
        throw error;
      }
    },
    async close() {
      closed = true;
      await drop();
    },
  };
}
