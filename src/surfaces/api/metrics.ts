/**
 * The line in numbers, for Prometheus. All is read from the line's own records when it is asked for, so that the numbers
 * are the same whichever process answers, and no restart sets a counter back. Labels are codes, never names of branches.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Desk } from "../../board/desk.ts";
import { durationBounds, landingsOf } from "../../board/history.ts";
import type { QueueItemShape } from "../../board/shapes.ts";
import { sharedLook } from "../../board/shared-look.ts";
import { parseTimeMs, wallMs } from "../../clock.ts";

export type Metrics = { contentType: string; text(): Promise<string> };

/** A scrape costs a look at the whole queue: once for all who ask within this time. */
const freshMs = 1000;

/** `streams` is how many watch at the moment. */
export function openMetrics(desk: () => Desk, options: { version: string; streams: () => number }): Metrics {
  const registry = new Registry();
  const meters = metersIn(registry);
  meters.version.set({ version: options.version }, 1);
  const text = sharedLook(freshMs, async () => {
    await measure(desk(), meters);
    meters.streams.set(options.streams());
    return registry.metrics();
  });
  return { contentType: registry.contentType, text };
}

type Meters = ReturnType<typeof metersIn>;

function metersIn(registry: Registry) {
  const registers = [registry];
  const gauge = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name: `signalbox_${name}`, help, labelNames, registers });
  const counter = (name: string, help: string) => new Counter({ name: `signalbox_${name}`, help, registers });
  return {
    version: gauge("build_info", "Which version answers; always 1.", ["version"]),
    landings: counter("landings_total", "Candidates that landed on main."),
    readyToLanded: new Histogram({
      name: "signalbox_ready_to_landed_seconds",
      help: "From the moment a candidate was ready to its landing.",
      buckets: [...durationBounds],
      registers,
    }),
    queue: gauge("queue_items", "Candidates in the queue, by status.", ["status"]),
    blocked: gauge("blocked_items", "Blocked candidates, by reason.", ["reason"]),
    pushRetries: counter(
      "push_retries_total",
      "Times a candidate in hand went back to the queue to be merged anew.",
    ),
    paused: gauge("queue_paused", "1 while the queue takes no new candidate."),
    live: gauge("live", "1 where the line lands; 0 where it only shadows."),
    lag: gauge("processor_lag_events", "Events that were said and are not handled yet."),
    quarantined: gauge("quarantined_events", "Events that could not be handled."),
    leaseHeld: gauge("lease_held", "1 while an integrator holds the lease."),
    leaseAge: gauge("lease_age_seconds", "Since the lease was taken; 0 where nobody holds it."),
    attention: gauge("notifications_needing_attention", "Open notifications that need somebody."),
    deliveryFailing: gauge("delivery_failing", "1 where messages do not reach the target.", [
      "surface",
      "target",
    ]),
    deliveryWaiting: gauge("delivery_waiting_messages", "Messages not sent yet.", ["surface", "target"]),
    streams: gauge("streams_open", "Clients that watch the board."),
  };
}

async function measure(desk: Desk, meters: Meters): Promise<void> {
  const [status, queue, needing, standings] = await Promise.all([
    desk.status(),
    desk.queue(),
    desk.notifications({ needsAttention: true, limit: 10_000 }),
    desk.deliveries(),
  ]);
  const { landings, readyToLanded } = meters;
  const landed = landingsOf(queue);
  landings.reset();
  landings.inc(status.queue.integrated);
  readyToLanded.reset();
  for (const { seconds } of landed) readyToLanded.observe(seconds);
  for (const [name, count] of Object.entries(status.queue)) meters.queue.set({ status: name }, count);
  meters.blocked.reset();
  for (const { status: place, reason } of queue)
    if (place === "blocked") meters.blocked.inc({ reason: reason ?? "unknown" });
  meters.pushRetries.reset();
  meters.pushRetries.inc(retriesOf(queue));
  meters.paused.set(status.paused === null ? 0 : 1);
  meters.live.set(status.mode === "live" ? 1 : 0);
  meters.lag.set(status.processor.lag);
  meters.quarantined.set(status.processor.quarantined);
  const since = status.lease === null ? null : parseTimeMs(status.lease.acquired_at);
  meters.leaseHeld.set(since === null ? 0 : 1);
  meters.leaseAge.set(since === null ? 0 : Math.max(0, wallMs() - since) / 1000);
  meters.attention.set(needing.items.length);
  meters.deliveryFailing.reset();
  meters.deliveryWaiting.reset();
  for (const { surface, target, state, waiting } of standings) {
    meters.deliveryFailing.set({ surface, target }, state === "ok" || state === "new" ? 0 : 1);
    meters.deliveryWaiting.set({ surface, target }, waiting);
  }
}

/** Moves from the line back into the queue: main had moved, or a session was taken over. */
function retriesOf(queue: readonly QueueItemShape[]): number {
  const moves = queue.flatMap(({ history }) => history);
  return moves.filter(({ from, to }) => from === "in_progress" && to === "queued").length;
}
