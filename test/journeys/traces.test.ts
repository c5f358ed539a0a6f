/** Traces from the hand-over to the landing, as a collector beside the line gets them from processes that know nothing of each other. */
import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { monotonicMs } from "../../src/clock.ts";
import { openOrders } from "../chaos/orders.ts";
import { told } from "../world/child.ts";
import { apiOf } from "../world/http.ts";
import { type Collector, openCollector, type Span, treeOf } from "../world/otlp.ts";
import { openReceiver } from "../world/receiver.ts";
import { inWorld, type World, type WorldOptions } from "../world/world.ts";

/** A test with a collector, and a world whose processes all tell their traces there. */
function traced(
  body: (world: World, collector: Collector) => Promise<void>,
  { env = {}, config = {} }: Pick<WorldOptions, "env" | "config"> = {},
) {
  return async () => {
    await using collector = await openCollector();
    const files = { "text.txt": "one\n", "todos/delivered.yaml": "[]\n" };
    const options = { env: { ...collector.env, ...env }, config, files };
    await inWorld(options, (world) => body(world, collector))();
  };
}

const traceId = "0af7651916cd43dd8448eb211c80319c";
const parent = `00-${traceId}-b7ad6b7169203331-01`;
const caller = { TRACEPARENT: parent, TRACESTATE: "vendor=1" };

/** Every callback of the daemon has heard the event. */
function heardBy(spans: Span[], type: string): string[] {
  const heard = spans.filter(({ name }) => name === `process ${type}`);
  return heard.map(({ attributes }) => String(attributes["messaging.consumer.group.name"])).sort();
}

const callbacks = ["notifications", "readiness", "work-items"];

/** All of a trace, once the landing or its failure was told and heard. */
function wholeUntil(type: string) {
  return (spans: Span[]) =>
    heardBy(spans, type).length === callbacks.length && spans.some(({ name }) => name === "deliver") && spans;
}

function only(spans: Span[], name: string): Span {
  const [found, ...more] = spans.filter((span) => span.name === name);
  assert.ok(found !== undefined && more.length === 0, `one span «${name}», not ${more.length + 1}`);
  return found;
}

/** One trace, in which nobody's parent is missing but the caller's, and no part begins before the whole. */
function assertWhole(spans: Span[], parentOfAll: string | null): void {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  assert.equal(byId.size, spans.length, "no span is told twice");
  assert.equal(new Set(spans.map((span) => span.traceId)).size, 1, "one trace");
  for (const span of spans) {
    if (span.parentSpanId === parentOfAll) continue;
    const parent = byId.get(span.parentSpanId ?? "");
    assert.ok(parent, `${span.name} has no parent`);
    // Redis' clock and ours are told in milliseconds.
    assert.ok(span.start + 2_000_000n >= parent.start, `${span.name} begins before ${parent.name}`);
    assert.ok(span.end >= span.start, `${span.name} ends before it begins`);
  }
}

const landed = [
  "  deliver",
  "    wait in queue",
  "    merge",
  "      fetch",
  "      merge trees",
  "      bookkeeping",
  "    check",
  "    intend",
  "    push",
  "      push main",
  "      read back",
  "    tidy",
  "    emit deployment.completed",
];

test(
  "a submitted branch is one trace, its caller's: from the call to what was heard of its landing",
  traced(async (world, collector) => {
    const worker = await world.worker("cart");
    await worker.commit({ "cart.txt": "a cart\n", "todos/cart/demo.md": "# Cart\n" });
    const env = { ...world.env, ...caller };
    const ran = await world.signalboxIn(
      { env },
      "submit",
      "cart",
      "--approved-by",
      "rita",
      "--wait",
      "--json",
    );
    assert.equal(ran.code, 0, told(ran));
    const outcome = JSON.parse(ran.stdout);

    const spans = await collector.until(wholeUntil("deployment.completed"), "the whole trace");
    assertWhole(spans, "b7ad6b7169203331");
    assert.equal(spans[0]?.traceId, traceId);

    const tree = treeOf(spans);
    const [root, push, ...rest] = tree.filter((line) => !/process |candidate\.|review\./.test(line));
    assert.deepEqual([root, push], ["signalbox submit", "  push branch"]);
    assert.deepEqual(rest, ["  emit deployment.started", ...landed.map((line) => `  ${line}`)]);
    for (const type of ["deployment.started", "integration.candidate.queued", "deployment.completed"])
      assert.deepEqual(heardBy(spans, type), callbacks, type);

    const deliver = only(spans, "deliver");
    assert.equal(deliver.failed, false);
    assert.deepEqual(deliver.attributes, {
      "signalbox.slug": "cart",
      "signalbox.attempt": 1,
      "signalbox.outcome": "integrated",
      "signalbox.merge_commit": outcome.merge_commit,
      "signalbox.main_sha": outcome.main_sha,
      "vcs.ref.head.name": "cart",
      "vcs.ref.head.revision": outcome.sha,
    });
    const role = (name: string) => spans.find((span) => span.name === name)?.resource["signalbox.role"];
    const parts = ["signalbox submit", "process deployment.started", "push main"];
    assert.deepEqual(parts.map(role), ["cli", "daemon", "integrator"]);
    const wait = only(spans, "wait in queue");
    assert.ok(
      wait.start === deliver.start && wait.end <= only(spans, "merge").start,
      "it waits, then it is merged",
    );

    const [started] = await eventsOf(world, "deployment.started");
    assert.equal(started?.traceparent, `00-${traceId}-${only(spans, "emit deployment.started").spanId}-01`);
    assert.equal(started?.tracestate, "vendor=1");
  }),
);

type Traced = { id: string; traceparent?: string; tracestate?: string };

async function eventsOf(world: World, type: string): Promise<Traced[]> {
  const ran = await world.signalbox("events", "--type", type, "--json");
  assert.equal(ran.code, 0, told(ran));
  return ran.stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
}

test("a branch that cannot land is a trace that ends with the reason and who was told; one that nobody traced begins one in the queue", async () => {
  await using receiver = await openReceiver();
  const webhooks = [{ name: "hook", url: receiver.url, secretEnv: "HOOK" }];
  const secretOfHook = `whsec_${Buffer.from("a planted secret of thirty-two b").toString("base64")}`;
  const options = { config: { notify: { webhooks } }, env: { HOOK: secretOfHook } };
  await traced(async (world, collector) => {
    const [first, second] = [await world.worker("first"), await world.worker("second")];
    await first.commit({ "text.txt": "ONE\n" });
    await second.commit({ "text.txt": "1\n" });
    // Handed over from where no variable is set.
    const untraced = { ...world.env, OTEL_SDK_DISABLED: "true" };
    const submit = (slug: string) =>
      world.signalboxIn({ env: untraced }, "submit", slug, "--approved-by", "rita", "--wait", "--json");
    assert.equal((await submit("first")).code, 0);
    const ran = await submit("second");
    assert.equal(ran.code, 3, told(ran));

    const ofSecond = (all: Span[]) => {
      const end = all.find(
        (span) => span.name === "deliver" && span.attributes["signalbox.slug"] === "second",
      );
      const own = all.filter((span) => span.traceId === end?.traceId);
      return own.some(({ name }) => name === "tell webhook") && wholeUntil("deployment.failed")(own);
    };
    const spans = await collector.until(ofSecond, "its trace");
    assertWhole(spans, null);
    const deliver = only(spans, "deliver");
    assert.equal(deliver.parentSpanId, null);
    assert.equal(deliver.failed, true);
    assert.equal(deliver.attributes["error.type"], "conflict");
    assert.equal(deliver.attributes["signalbox.follow_up"], JSON.parse(ran.stdout).follow_up_slug);
    const merge = only(spans, "merge");
    assert.deepEqual([merge.attributes["signalbox.outcome"], merge.failed], ["blocked", false]);
    assert.ok(!spans.some(({ name }) => name === "push"), "it never came to a push");
    const tell = only(spans, "tell webhook");
    assert.equal(tell.parentSpanId, only(spans, "emit deployment.failed").spanId);
    assert.deepEqual([tell.attributes["signalbox.outcome"], tell.failed], ["sent", false]);
    // Paths and texts of the conflict are in the evidence, the address of the webhook with its owner, and neither here.
    for (const word of ["text.txt", "very-secret-path", secretOfHook])
      assert.ok(!collector.posted.some(({ body }) => body.includes(word)), word);
    assert.notEqual(collector.spans().find(({ name }) => name === "deliver")?.traceId, deliver.traceId);
  }, options)();
});

test(
  "several that land in one push are a trace each, and the first names the others; a call by HTTP is in its caller's",
  traced(async (world, collector) => {
    await world.signalbox("queue", "pause", "--reason", "gathering");
    const slugs = ["one", "two", "three"];
    for (const slug of slugs) {
      const worker = await world.worker(slug);
      await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
      const ran = await world.signalbox("submit", slug, "--approved-by", "rita");
      assert.equal(ran.code, 0, told(ran));
    }
    const api = await apiOf(world);
    const resumed = await api.post(
      "/queue/resume",
      { reason: "enough" },
      { headers: { traceparent: parent } },
    );
    assert.equal(resumed.status, 200, resumed.text);
    const refused = await api.post("/queue/resume", { wrong: 1 }, { headers: { traceparent: parent } });
    assert.ok(refused.status >= 400, refused.text);
    await api.ask("/queue", { headers: { traceparent: parent } });
    const spans = await collector.until(
      (all) => heardBy(all, "deployment.completed").length === slugs.length * callbacks.length && all,
      "all have landed",
    );
    // The first push of a session is of one: how many follow is tried out.
    const pushed = spans
      .filter(({ name }) => name === "push")
      .map(({ attributes }) => [attributes["signalbox.slug"], ...followersIn(attributes)]);
    assert.deepEqual(pushed.flat(), slugs);
    assert.ok(pushed.length < slugs.length, "some came along");
    for (const slug of slugs) {
      const deliver = await collector.until(
        (all) => all.find((span) => span.name === "deliver" && span.attributes["signalbox.slug"] === slug),
        `the whole of ${slug}`,
      );
      const own = collector.spans().filter((span) => span.traceId === deliver.traceId);
      assertWhole(own, null);
      const parts = ["signalbox submit", "wait in queue", "tidy", "emit deployment.completed"];
      for (const name of parts) only(own, name);
    }
    // Who calls by HTTP has its own trace, and only what changes something is in it.
    const called = collector.spans().filter((span) => span.traceId === traceId);
    const acts = called.filter(({ kind }) => kind === "server");
    assert.deepEqual(
      acts.map(({ name, parentSpanId }) => [name, parentSpanId]),
      [["POST /api/v1/queue/resume", "b7ad6b7169203331"]],
    );
    assert.equal(acts[0]?.attributes["http.response.status_code"], 200);
    assert.equal(only(called, "emit integration.queue.resumed").parentSpanId, acts[0]?.spanId);
  }),
);

test("a session that is killed in the middle leaves a trace that the next one makes whole", async () => {
  await using orders = openOrders();
  await traced(
    async (world, collector) => {
      await orders.give("SIGKILL", { role: "integrator", name: "hand.pushed", side: "before" });
      const worker = await world.worker("cart");
      await worker.commit({ "cart.txt": "a cart\n" });
      const ran = await world.signalbox("submit", "cart", "--approved-by", "rita", "--wait");
      assert.equal(ran.code, 0, told(ran));
      await orders.obeyed();

      const spans = await collector.until(wholeUntil("deployment.completed"), "the whole trace");
      assertWhole(spans, null);
      const [deliver, wait, tidy] = ["deliver", "wait in queue", "tidy"].map((name) => only(spans, name));
      assert.ok(deliver && wait && tidy);
      assert.equal(tidy.attributes["signalbox.resumed"], true);
      assert.deepEqual([wait.parentSpanId, tidy.parentSpanId], [deliver.spanId, deliver.spanId]);
      // What the dead one had sent before is in its place, too.
      for (const name of ["merge", "check", "intend", "push"])
        for (const span of spans.filter((each) => each.name === name)) {
          assert.equal(span.parentSpanId, deliver.spanId, name);
          assert.ok(span.start >= wait.start && span.end <= tidy.start, `${name} came before`);
        }
      assert.equal(deliver.attributes["signalbox.outcome"], "integrated");
    },
    { env: orders.env },
  )();
});

function followersIn(attributes: Span["attributes"]): unknown[] {
  const followers = attributes["signalbox.followers"];
  return Array.isArray(followers) ? followers : [];
}

const secret = "planted-token-9f2c";
/** The library itself would wait for as long as that. */
const patient = {
  OTEL_EXPORTER_OTLP_TIMEOUT: "120000",
  OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${secret}`,
};
const soonMs = 30_000;

test(
  "a collector that never answers delays no landing, holds up no process's end, and is one line of each log",
  traced(
    async (world, collector) => {
      collector.answer(() => {});
      const began = monotonicMs();
      const worker = await world.worker("cart");
      await worker.commit({ "cart.txt": "a cart\n" });
      const ran = await world.signalbox("submit", "cart", "--approved-by", "rita", "--wait");
      assert.equal(ran.code, 0, told(ran));
      assert.ok(monotonicMs() - began < soonMs, `it took ${monotonicMs() - began} ms`);
      assert.equal(ran.stderr.split("The traces cannot be sent").length, 2, ran.stderr);
      await world.events.until({ type: "integration.session.ended" });
      const ending = monotonicMs();
      await world.down();
      assert.ok(monotonicMs() - ending < soonMs, `the end took ${monotonicMs() - ending} ms`);
      assert.ok(collector.posted.length > 0, "it was asked");
      assert.equal(String(collector.posted[0]?.headers.authorization), `Bearer ${secret}`);
      for (const name of ["daemon", "integrator"]) {
        const log = await logOf(world, name);
        const lines = log.split("\n").filter((line) => line.includes("The traces cannot be sent"));
        assert.equal(lines.length, 1, `${name}.log: ${lines.join("\n")}`);
        assert.match(lines[0] ?? "", new RegExp(`sent to ${collector.url} \\(`));
        assert.ok(!log.includes(secret));
      }
      assert.ok(!ran.stderr.includes(secret));
      await world.up();
    },
    { env: patient },
  ),
);

/** The JSON lines of a log. */
async function logOf(world: World, name: string): Promise<string> {
  const [path] = await Array.fromAsync(glob(`*/logs/${name}.log`, { cwd: world.home }));
  const text = await readFile(join(world.home, path ?? ""), "utf8");
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .join("\n");
}
