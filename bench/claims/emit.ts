/**
 * `emit_vs_raw`: checked, idempotent, stamped emits through the producer, against bare `XADD` of the same bytes over the
 * same client; as many under way at once on both sides.
 */
import { monotonicMs } from "../../src/clock.ts";
import type { Claim, Effort, Measured } from "../claim.ts";
import { durability } from "../durability.ts";
import { type Bus, inFlight, sayFacts } from "../ground/bus.ts";
import { median, type Round, ratioOf, rounded } from "../numbers.ts";

export const emit: Claim = {
  key: "emit_vs_raw",
  what: "idempotent emits per second ÷ raw XADD of the same bytes, 500 in flight",
  target: { is: "at least", value: 0.4 },
};

export async function measureEmit(bus: Bus, { quick }: Effort): Promise<Measured> {
  const count = quick ? 3000 : 20_000;
  const rounds: Round[] = [];
  await sayFacts(bus.freshLog(), 500);
  for (let round = 0; round < (quick ? 3 : 7); round++) {
    const log = bus.freshLog();
    const beganMs = monotonicMs();
    await sayFacts(log, count);
    const ours = (1000 * count) / (monotonicMs() - beganMs);
    const text = await firstText(bus, log.keys.stream);
    const theirs = await rawPerSecond(bus, `${log.keys.stream}:raw`, { count, text });
    rounds.push({ ours, theirs });
    await bus.redis.command(["UNLINK", log.keys.stream, `${log.keys.stream}:raw`, log.keys.idempotency]);
  }
  return {
    ...ratioOf(rounds, "ours/theirs"),
    detail: {
      emits_per_s: rounded(median(rounds.map(({ ours }) => ours))),
      xadd_per_s: rounded(median(rounds.map(({ theirs }) => theirs))),
      events: count,
      durability,
    },
  };
}

async function firstText(bus: Bus, stream: string): Promise<string> {
  const reply = await bus.redis.command(["XRANGE", stream, "-", "+", "COUNT", 1]);
  return JSON.stringify(reply).slice(0, 700);
}

async function rawPerSecond(
  { redis }: Bus,
  stream: string,
  { count, text }: { count: number; text: string },
): Promise<number> {
  const beganMs = monotonicMs();
  for (let at = 0; at < count; at += inFlight)
    await redis.pipeline(
      Array.from({ length: Math.min(inFlight, count - at) }, () => [
        "XADD",
        stream,
        "*",
        "event",
        text,
        "type",
        "bench",
      ]),
    );
  return (1000 * count) / (monotonicMs() - beganMs);
}
