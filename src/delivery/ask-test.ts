/**
 * Asks the worker of a surface for a test message, and waits for what becomes of it. The way goes through the ledger, because
 * only the daemon has the secrets, and what is tested is then the very way of every other message.
 */
import { randomUUID } from "node:crypto";
import { monotonicMs, pause } from "../clock.ts";
import { unavailable } from "../errors.ts";
import type { AtomicWriter } from "../events/atomic-write.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { serverTimeMs } from "../redis/server-time.ts";
import { readTestResult, type TestResult, testPrefix } from "./rows.ts";
import { sendDeadlineMs } from "./surface.ts";
import type { TargetName } from "./targets.ts";
import { ledgerWrites } from "./writes.ts";

export type AskOptions = { redis: Redis; keys: Keys; writer: AtomicWriter; patienceMs?: number };

/**
 * The outcome of a test message. Throws `no_delivery_worker` (unavailable) where nobody took it: no daemon runs, or it has
 * not read this configuration.
 */
export async function askTest(
  { redis, keys, writer, patienceMs = sendDeadlineMs + 10_000 }: AskOptions,
  { surface, target }: TargetName,
  by: string,
): Promise<TestResult> {
  const id = `${testPrefix}${randomUUID()}`;
  const writes = ledgerWrites(keys, surface, target);
  const nowMs = await serverTimeMs(redis);
  await writer.write({ ops: [writes.wanted(id, { by }), writes.due(id, nowMs)] });
  const deadline = monotonicMs() + patienceMs;
  try {
    for (;;) {
      const answer = await redis.command(["HGET", keys.delivery(surface, target, "sent"), id]);
      const result = readTestResult(typeof answer === "string" ? answer : null);
      if (result !== null) return result;
      if (monotonicMs() >= deadline) break;
      await pause(lookAgainMs);
    }
  } finally {
    // Also where it was not taken: nobody waits for it any more.
    await writer.write({ ops: writes.forget(id) });
  }
  throw unavailable("no_delivery_worker", `Nobody sends to ${surface}:${target} at the moment.`, {
    cure: "Start the daemon (signalbox up), or let it read signalbox.yaml again (signalbox reload).",
  });
}

const lookAgainMs = 50;
