/**
 * A far end for the port of surfaces, and a bus with a processor and delivery workers on it: what leaves is written down,
 * and answered as the test says.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { type Delivery, startDelivery } from "../../src/delivery/delivery.ts";
import { noteWanted } from "../../src/delivery/note-wanted.ts";
import { everything, type TargetRules } from "../../src/delivery/rules.ts";
import type { DeliverySurface, Outcome, Sending, SurfaceTraits } from "../../src/delivery/surface.ts";
import type { AtomicWriter, WriteRequest } from "../../src/events/atomic-write.ts";
import { startProcessor } from "../../src/events/processor.ts";
import { openProjection } from "../../src/events/projection.ts";
import type { Notification } from "../../src/notifications/notification.ts";
import {
  itemsTable,
  notificationOf,
  notificationsProjection,
  notificationsProjectionName,
} from "../../src/notifications/projection.ts";
import { connect } from "../../src/redis/connection.ts";
import { sha, startBus, startedData, type TestBus } from "../events/bus.ts";
import { waitUntil } from "../world/wait-until.ts";

export type Answer = (sending: Sending, count: number) => Outcome | Promise<Outcome>;

export type FarEnd = DeliverySurface & {
  /** All that has left, in order. */
  sent: Sending[];
  /** How it answers from now on. */
  answer(by: Answer): void;
};

export type FarEndOptions = Partial<SurfaceTraits> & {
  name?: string;
  targets?: Record<string, { rules?: Partial<TargetRules>; address?: string; unusable?: string }>;
};

/** Answers with a message's number as its `ref`, until told otherwise. */
export function farEnd(options: FarEndOptions = {}): FarEnd {
  const { name = "far", targets = { ada: {} }, edits = true, groups = true, repeatable = false } = options;
  const sent: Sending[] = [];
  let answer: Answer = (_, count) => ({ kind: "sent", ref: `m${count}` });
  return {
    name,
    edits,
    groups,
    repeatable,
    sent,
    answer: (by) => {
      answer = by;
    },
    targets: Object.entries(targets).map(([target, { rules, address, unusable }]) => ({
      name: target,
      rules: { ...everything, ...rules },
      fingerprint: address ?? target,
      unusable: unusable ?? null,
    })),
    async send(sending) {
      sent.push(structuredClone(sending));
      return answer(sending, sent.length);
    },
  };
}

export type Ground = Awaited<ReturnType<typeof openGround>>;

/** A bus whose notifications are delivered to some surfaces. */
export async function openGround(t: TestContext, surfaces: readonly DeliverySurface[]) {
  const bus = await startBus(t);
  const redis = await connect(bus.target, { deadlineMs: 2000 });
  t.after(() => redis.close());
  const writer = bus.writerFor("platform", redis);
  const deliveries: Delivery[] = [];
  /** `before`: what happens right before each write of the workers. */
  const deliver = (to: readonly DeliverySurface[] = surfaces, before?: BeforeWrite) => {
    const writing = before === undefined ? writer : interrupted(writer, before);
    const delivery = beginDelivery(t, { bus, redis, surfaces: to, writer: writing });
    deliveries.push(delivery);
    return delivery;
  };
  const processed = (to: readonly DeliverySurface[] = surfaces) => {
    const alongside = noteWanted({ redis, keys: bus.keys, catalog: bus.catalog, surfaces: to });
    const projection = notificationsProjection(bus.catalog, alongside);
    const processor = startProcessor({
      redis,
      keys: bus.keys,
      catalog: bus.catalog,
      writer,
      projections: [projection],
      onCommitted: () => {
        for (const delivery of deliveries) delivery.wake();
      },
    });
    t.after(() => processor.stop());
    return processor;
  };
  return { ...bus, redis, writer, deliver, processed, ...voiceOf(bus) };
}

/** The same, at work: what is said is processed and delivered from now on. */
export async function openWorking(t: TestContext, surfaces: readonly DeliverySurface[]) {
  const ground = await openGround(t, surfaces);
  ground.processed();
  return { ...ground, delivery: ground.deliver() };
}

type BeforeWrite = (request: WriteRequest) => Promise<void>;

function interrupted(writer: AtomicWriter, before: BeforeWrite): AtomicWriter {
  return {
    async write(request) {
      await before(request);
      return writer.write(request);
    },
  };
}

type Beginning = {
  bus: TestBus;
  redis: TestBus["redis"];
  surfaces: readonly DeliverySurface[];
  writer: AtomicWriter;
};

function beginDelivery(
  t: TestContext,
  { bus, redis, surfaces, writer }: Beginning,
): Delivery & { stop(): Promise<void>; logged: string[] } {
  const stopping = new AbortController();
  const logged: string[] = [];
  const note = (detail: object, words: string) => void logged.push(`${words} ${JSON.stringify(detail)}`);
  const log = { info: note, warn: note };
  const delivery = startDelivery({
    redis,
    keys: bus.keys,
    writer,
    surfaces,
    log,
    stop: stopping.signal,
    lease: { ttlMs: 2000, renewMs: 300 },
  });
  const stop = async () => {
    stopping.abort();
    await delivery.ended;
  };
  t.after(stop);
  return { ...delivery, stop, logged };
}

const domain = "domain.software-development.";

/** Says what happens to slugs, and waits until it is in the inbox. */
function voiceOf(bus: TestBus) {
  const reader = openProjection(bus, notificationsProjectionName);
  const say = async (name: string, data: object) => {
    const { events } = await bus.writer
      .write({ events: [{ type: `${domain}${name}`, data }] })
      .then((outcome) => {
        assert.equal(outcome.kind, "written");
        return outcome.kind === "written" ? outcome : { events: [] };
      });
    return events[0]?.streamId ?? "";
  };
  return {
    reader,
    say,
    started: (slug: string, attempt = 1) => say("deployment.started", { ...startedData(slug), attempt }),
    failed: (slug: string, attempt = 1) =>
      say("deployment.failed", {
        slug,
        branch: slug,
        sha: sha(1),
        attempt,
        reason: "conflict",
        conflict_evidence: [],
        diagnostics: ["a.ts conflicts"],
        next_action: "merge main",
        blocked_at: "2026-11-22T10:00:00Z",
        follow_up_slug: `${slug}-blocked`,
      }),
    completed: (slug: string) =>
      say("deployment.completed", {
        slug,
        branch: slug,
        sha: sha(1),
        merge_commit: sha(14),
        main_sha: sha(15),
        integrated_at: "2026-11-22T10:00:00Z",
        checks: [],
      }),
    /** Once the projection has handled everything that was said until now. */
    async handled(count: number) {
      await waitUntil(async () => ((await reader.position())?.sequence ?? 0) >= count, {
        what: `${count} events are handled`,
      });
    },
    async inbox(): Promise<Notification[]> {
      const rows = await reader.all(itemsTable);
      return [...rows.values()].map(notificationOf).filter((item) => item !== null);
    },
  };
}

/** `notified` notifications are known to the ledger, and nothing is due any more. */
export async function quiet(
  ground: Pick<Ground, "redis" | "keys">,
  surface: FarEnd,
  target = "ada",
  notified = 1,
): Promise<void> {
  const key = (part: "wanted" | "due") => ground.keys.delivery(surface.name, target, part);
  await waitUntil(
    async () => {
      const [wanted, due] = await ground.redis.pipeline([
        ["HLEN", key("wanted")],
        ["ZCARD", key("due")],
      ]);
      return Number(wanted) >= notified && due === 0;
    },
    { what: `nothing is due for ${surface.name}:${target}` },
  );
}

/** Once so many messages have left. */
export async function departed({ sent }: FarEnd, count: number): Promise<void> {
  await waitUntil(() => sent.length >= count, { what: `${count} messages were sent`, withinMs: 15_000 });
}

/** What was sent, to everybody or to one target, in a word or two each. */
export function told({ sent }: Pick<FarEnd, "sent">, to: string | null = null): string[] {
  const sendings = sent.filter(({ target }) => to === null || target === to);
  return sendings.map((sending) => {
    if (sending.kind === "test") return `test by ${sending.by}`;
    if (sending.kind === "digest") return `digest of ${sending.notifications.length}`;
    const { notification, ring, missed, previous, mayRepeat } = sending;
    const how = ring !== null ? "rings" : previous === null ? "says" : "changes";
    const more = `${missed === null ? "" : " (missed an alarm)"}${mayRepeat ? " (perhaps again)" : ""}`;
    return `${how}: ${notification.title}${more}`;
  });
}
