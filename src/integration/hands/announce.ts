/**
 * Says what became of a delivery: status, event, follow-up, landing record and the cleared checkpoint in one atomic
 * write, guarded by the lease and by the item as it was read. So an outcome is said once or not at all, however often
 * the process dies around it, and never by a session whose lease somebody else has.
 */
import { isoTime } from "../../clock.ts";
import type { AtomicWriter, EventDraft, Op } from "../../events/atomic-write.ts";
import type { Redis } from "../../redis/connection.ts";
import type { Keys } from "../../redis/keys.ts";
import { serverTimeMs } from "../../redis/server-time.ts";
import { noTraces, type OpenSpan, type Traces } from "../../telemetry/traces.ts";
import { type Candidate, landingName } from "../candidate.ts";
import { deliverSpanOf, endsAttempt, outcomeTold } from "../candidate-trace.ts";
import type { Coupling, WriteParts } from "../coupling.ts";
import { type Delivery, followersOf, type Next } from "../delivery.ts";
import type { FollowUp } from "../follow-up.ts";
import { type HeldLease, LeaseLost } from "../lease.ts";
import {
  blockedOutcome,
  integratedOutcome,
  type OutcomeWrite,
  requeuedOutcome,
  type Said,
  supersededOutcome,
} from "../outcomes.ts";
import type { QueueItem } from "../queue.ts";
import type { ReadinessReader } from "../readiness-projection.ts";
import { candidatesOf } from "../slug-state.ts";
import { type DeliveryStore, leaseGuard } from "../stores/delivery-store.ts";
import type { FollowUpStore } from "../stores/follow-up-store.ts";
import type { QueueStore, StoredItem } from "../stores/queue-store.ts";

export type SessionCounts = { end: string; landed: number; blocked: number; superseded: number };

export type Announcer = {
  sessionStarted(lease: HeldLease): Promise<void>;
  sessionEnded(counts: SessionCounts): Promise<void>;
  /** Says that it has landed, and hands the line to the first that came with it, which is given back. */
  integrated(delivery: Extract<Delivery, { phase: "tidied" }>, lease: HeldLease): Promise<Delivery | null>;
  blocked(delivery: Delivery, why: Extract<Next, { kind: "block" }>, lease: HeldLease): Promise<void>;
  superseded(delivery: Delivery, by: { branch: string; sha: string }, lease: HeldLease): Promise<void>;
  /** Back into the queue, unlanded: the line may not land any more. */
  putBack(delivery: Delivery, why: string, lease: HeldLease): Promise<void>;
  stalled(waitingFor: string): Promise<void>;
};

export type OutcomeStores = {
  queue: QueueStore;
  followUps: FollowUpStore;
  readiness: ReadinessReader;
  keys: Keys;
  /** Default: none. */
  traces?: Traces;
};

/** The follow-ups of a slug's candidates that are still open: the slug's landing resolves them. */
export async function openFollowUpsOf(stores: OutcomeStores, candidate: Candidate): Promise<FollowUp[]> {
  const state = await stores.readiness.state(candidate.slug);
  const known = await stores.followUps.ofAll(state === null ? [candidate] : candidatesOf(state));
  return known.filter(({ status }) => status === "open");
}

/** Writes an outcome; null where the item or a guard changed meanwhile. */
export async function writeOutcome(
  stores: OutcomeStores,
  stored: StoredItem,
  outcome: OutcomeWrite,
  also: Partial<WriteParts> = {},
): Promise<StoredItem | null> {
  const ops: Op[] = [...(also.ops ?? []), ...outcome.followUps.map(stores.followUps.putOp)];
  if (outcome.landing !== null)
    ops.push({
      op: "hset",
      key: stores.keys.landings,
      field: landingName(outcome.landing),
      value: JSON.stringify(outcome.landing),
    });
  const events = [...outcome.events, ...(also.events ?? [])];
  const { queue, traces = noTraces } = stores;
  const parts = { guards: also.guards ?? [], ops, events };
  const move = () => queue.move(stored, outcome.moves, parts);
  if (!traces.on || !endsAttempt(outcome.moves)) return move();
  const span = traces.open(deliverSpanOf(stored.item));
  const written = await span.within(move);
  if (written !== null) tellOutcome(traces, span, stored.item, written.item);
  return written;
}

/** The attempt is over: its span, and in it the time that it waited. */
function tellOutcome(traces: Traces, span: OpenSpan, before: QueueItem, after: QueueItem): void {
  const told = outcomeTold(before, after);
  const { fromMs, toMs } = told.waited;
  const waiting = { name: "wait in queue", under: span.context, startMs: fromMs };
  traces.open({ ...waiting, attributes: { "signalbox.slug": after.slug } }).end(toMs);
  span.set(told.attributes);
  if (told.failure !== null) span.fail(told.failure);
  span.end();
}

export function announcer(options: {
  redis: Redis;
  writer: AtomicWriter;
  stores: OutcomeStores;
  deliveries: DeliveryStore;
  coupling: Coupling;
  sessionId: string;
}): Announcer {
  const { redis, writer, stores, deliveries, coupling, sessionId } = options;
  let token = 0;

  /** A raced item is read again; a lost lease is the end of the session. What comes `after` it is one write with it. */
  async function conclude<Known>(
    candidate: Candidate,
    lease: HeldLease,
    what: {
      know: () => Promise<Known>;
      build: (item: QueueItem, known: Known, said: Said) => OutcomeWrite;
      after: () => Promise<WriteParts>;
    },
  ): Promise<void> {
    for (let tries = 0; tries < concludeTriesMax; tries++) {
      const [stored, known, parts, atMs] = await Promise.all([
        stores.queue.item(candidate),
        what.know(),
        what.after(),
        serverTimeMs(redis),
      ]);
      const guards = [leaseGuard(stores.keys, lease), ...parts.guards];
      if (stored === null || stored.item.status !== "in_progress") {
        // Said already: only the checkpoint is left over.
        const written = await writer.write({ ...parts, guards });
        if (written.kind === "written") return;
      } else {
        const outcome = what.build(stored.item, known, { atMs, at: isoTime(atMs), by: sessionId });
        if ((await writeOutcome(stores, stored, outcome, { ...parts, guards })) !== null) return;
      }
      if (lease.lost !== null) throw new LeaseLost(lease.lost);
    }
    throw new LeaseLost("its outcome could not be written under it");
  }

  /** Nothing is in hand any more, and whoever would have followed waits for a turn of its own. */
  async function over(delivery: Delivery): Promise<WriteParts> {
    const parts = await coupling.letGo(followersOf(delivery));
    return { ...parts, ops: [...parts.ops, deliveries.clearOp()] };
  }

  async function say(name: string, data: Record<string, unknown>): Promise<void> {
    const event: EventDraft = { type: `domain.software-development.${name}`, data };
    await writer.write({ events: [event] });
  }

  return {
    async sessionStarted(lease) {
      token = lease.token;
      await say("integration.session.started", { session_id: sessionId, lease_token: lease.token });
    },
    async sessionEnded({ end, landed, blocked, superseded }) {
      await say("integration.session.ended", {
        session_id: sessionId,
        lease_token: token,
        integrated: landed,
        blocked,
        superseded,
        why: end,
      });
    },
    async integrated(delivery, lease) {
      let following: Delivery | null = null;
      await conclude(delivery.candidate, lease, {
        know: () => openFollowUpsOf(stores, delivery.candidate),
        build: (item, followUps, said) => integratedOutcome(item, delivery, followUps, said),
        after: async () => {
          const { next, parts } = await coupling.handOn(delivery);
          following = next;
          return parts;
        },
      });
      return following;
    },
    blocked: (delivery, why, lease) =>
      conclude(delivery.candidate, lease, {
        know: () => stores.followUps.of(delivery.candidate),
        build: (item, known, said) => blockedOutcome(item, why, known, said),
        after: () => over(delivery),
      }),
    superseded: (delivery, by, lease) =>
      conclude(delivery.candidate, lease, {
        know: () => stores.followUps.of(delivery.candidate),
        build: (item, known, said) =>
          supersededOutcome(item, by, known?.status === "open" ? known : null, said),
        after: () => over(delivery),
      }),
    putBack: (delivery, why, lease) =>
      conclude(delivery.candidate, lease, {
        know: async () => null,
        build: (item, _, said) => requeuedOutcome(item, { why, attempt: item.attempt }, null, said),
        after: () => over(delivery),
      }),
    async stalled(waitingFor) {
      const counts = await stores.queue.counts();
      await say("integration.stalled", {
        since: isoTime(await serverTimeMs(redis)),
        waiting_for: waitingFor.slice(0, 500),
        queue_depth: counts.queued + counts.in_progress,
      });
    },
  };
}

const concludeTriesMax = 5;
