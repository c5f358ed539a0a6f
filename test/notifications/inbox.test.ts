import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { isFailure } from "../../src/errors.ts";
import { startProcessor } from "../../src/events/processor.ts";
import { openProjection } from "../../src/events/projection.ts";
import { openInbox, pageOf } from "../../src/notifications/inbox.ts";
import type { Notification } from "../../src/notifications/notification.ts";
import { notificationsProjection, notificationsProjectionName } from "../../src/notifications/projection.ts";
import { connect } from "../../src/redis/connection.ts";
import { startBus, startedData, started as startedType } from "../events/bus.ts";
import { waitUntil } from "../world/wait-until.ts";
import { failed, foldOne, started } from "./story.ts";

async function startInbox(t: TestContext) {
  const bus = await startBus(t);
  const reader = openProjection(bus, notificationsProjectionName);
  const inbox = openInbox({ reader, producer: bus.producer, patienceMs: 5000 });
  const process = async () => {
    const redis = await connect(bus.target);
    const processor = startProcessor({
      redis,
      keys: bus.keys,
      catalog: bus.catalog,
      writer: bus.writerFor("platform", redis),
      projections: [notificationsProjection(bus.catalog)],
      lease: { ttlMs: 2000, renewMs: 500 },
    });
    const stop = async () => {
      await processor.stop();
      await redis.close();
    };
    t.after(stop);
    return stop;
  };
  const has = (count: number) =>
    waitUntil(async () => (await inbox.list()).items.length === count, { what: `${count} notifications` });
  return { bus, reader, inbox, process, has };
}

suite("the inbox, on a real stream", () => {
  test("shows what was emitted, and applies each act before it answers", async (t) => {
    const { bus, inbox, process, has } = await startInbox(t);
    await process();
    await bus.producer.emit(startedType, startedData("login"));
    await has(1);
    const [item] = (await inbox.list()).items;
    const id = item?.id ?? assert.fail();
    assert.equal(item?.group, "deployment/login");
    const act = async (action: "see" | "unsee" | "claim" | "release", by = "ada") =>
      (await inbox.act({ id: id.slice(0, 6), action, by })).notification;
    assert.equal((await act("see")).human_status, "seen");
    assert.equal((await act("unsee")).human_status, "unseen");
    assert.equal((await act("see")).human_status, "seen");
    assert.equal((await act("claim")).claimed_by, "ada");
    await assert.rejects(act("claim", "bob"), (error) => {
      assert.ok(isFailure(error, "notification_claimed"));
      return error.exitCode === 3 && /ada/.test(error.message);
    });
    await assert.rejects(act("release", "bob"), (error) => isFailure(error, "notification_not_claimed"));
    assert.equal((await act("release")).claimed_by, null);
  });

  test("closes with a reason only, and hides what is closed or put off", async (t) => {
    const { bus, inbox, process, has } = await startInbox(t);
    await process();
    await bus.producer.emit(startedType, startedData("one"));
    await bus.producer.emit(startedType, startedData("two", 2));
    await has(2);
    const [first, second] = (await inbox.list()).items;
    const one = { id: first?.id ?? "", by: "ada" };
    const two = { id: second?.id ?? "", by: "ada" };
    await assert.rejects(inbox.act({ ...one, action: "resolve" }), (error) =>
      isFailure(error, "reason_missing"),
    );
    const closed = await inbox.act({ ...one, action: "resolve", reason: "not wanted" });
    assert.equal(closed.kind === "applied" && closed.notification.agent_status, "resolved");
    await assert.rejects(inbox.act({ ...two, action: "snooze", until: "soon" }), (error) =>
      isFailure(error, "bad_time"),
    );
    await inbox.act({ ...two, action: "snooze", until: "2999-01-01T00:00:00+02:00" });
    assert.equal((await inbox.get(two.id)).snoozed_until, "2998-12-31T22:00:00.000Z");
    assert.deepEqual((await inbox.list()).items, []);
    assert.equal((await inbox.list({ all: true })).items.length, 2);
    await assert.rejects(inbox.act({ ...one, action: "claim" }), (error) =>
      isFailure(error, "notification_over"),
    );
  });

  test("lets one of many claimers win", async (t) => {
    const { bus, inbox, process, has } = await startInbox(t);
    await process();
    await bus.producer.emit(startedType, startedData("login"));
    await has(1);
    const id = (await inbox.list()).items[0]?.id ?? "";
    const claims = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => inbox.act({ id, action: "claim", by: `p${index}` })),
    );
    assert.equal(claims.filter(({ status }) => status === "fulfilled").length, 1);
    for (const claim of claims)
      if (claim.status === "rejected") assert.ok(isFailure(claim.reason, "notification_claimed"));
  });

  test("refuses an id that is not there, and one that names several", async (t) => {
    const { bus, inbox, process } = await startInbox(t);
    for (const id of ["nobody", "", "ffffffffffff", "{}", "a".repeat(10_000)])
      await assert.rejects(inbox.act({ id, action: "see", by: "ada" }), (error) => {
        assert.ok(isFailure(error, "notification_unknown"));
        return error.exitCode === 2 && error.message.length < 200;
      });
    await process();
    for (let n = 1; n <= 300; n++) await bus.producer.emit(startedType, startedData(`s${n}`, n));
    await waitUntil(async () => (await inbox.list({ limit: 500 })).items.length === 300, {
      what: "all are there",
    });
    const prefixes = (await inbox.list({ limit: 500 })).items.map(({ id }) => id.slice(0, 2));
    const twice = prefixes.find((prefix, index) => prefixes.indexOf(prefix) !== index) ?? assert.fail();
    await assert.rejects(inbox.get(twice), (error) => isFailure(error, "notification_ambiguous"));
  });

  test("notes an act while no processor is at work, and it is applied later", async (t) => {
    const { bus, reader, inbox, process, has } = await startInbox(t);
    const stop = await process();
    await bus.producer.emit(startedType, startedData("login"));
    await has(1);
    await stop();
    const id = (await inbox.list()).items[0]?.id ?? "";
    const impatient = openInbox({ reader, producer: bus.producer, patienceMs: 0 });
    assert.equal((await impatient.act({ id, action: "see", by: "ada" })).kind, "noted");
    await process();
    await waitUntil(async () => (await inbox.get(id)).human_status === "seen", { what: "it is applied" });
  });
});

suite("a page of the inbox", () => {
  const item = (id: string, more: Partial<Notification> = {}): Notification => ({
    ...foldOne(started(1, "a"), failed(2, "a")),
    id,
    group: `deployment/${id}`,
    ...more,
  });
  const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`;
  const items = [
    item("a", { updated_at: at(1), level: "operational", needs_attention: false, human_status: "seen" }),
    item("b", { updated_at: at(3), claimed_by: "ada", agent_status: "claimed" }),
    item("c", { updated_at: at(2), agent_status: "resolved" }),
    item("d", { updated_at: at(2), snoozed_until: at(5) }),
    item("e", { updated_at: at(2) }),
  ];
  const ids = (filter: Parameters<typeof pageOf>[1], nowMs = Date.parse(at(4))) =>
    pageOf(items, filter, nowMs).items.map(({ id }) => id);

  test("has the newest change first, without what is resolved or put off", () => {
    assert.deepEqual(ids({}), ["b", "e", "a"]);
    assert.deepEqual(ids({}, Date.parse(at(5))), ["b", "d", "e", "a"]);
    assert.deepEqual(ids({ all: true }), ["b", "c", "d", "e", "a"]);
  });

  test("keeps what each filter asks for", () => {
    assert.deepEqual(ids({ levelMin: "business" }), ["b", "e"]);
    assert.deepEqual(ids({ needsAttention: false }), ["a"]);
    assert.deepEqual(ids({ humanStatus: "seen" }), ["a"]);
    assert.deepEqual(ids({ agentStatus: "claimed" }), ["b"]);
    assert.deepEqual(ids({ claimedBy: "ada" }), ["b"]);
    assert.deepEqual(ids({ group: "deployment/e" }), ["e"]);
  });

  test("is followed by the next one, until the last", () => {
    const first = pageOf(items, { limit: 2 }, Date.parse(at(4)));
    assert.deepEqual([first.items.map(({ id }) => id), first.next], [["b", "e"], "e"]);
    const second = pageOf(items, { limit: 2, after: "e" }, Date.parse(at(4)));
    assert.deepEqual([second.items.map(({ id }) => id), second.next], [["a"], null]);
  });
});
