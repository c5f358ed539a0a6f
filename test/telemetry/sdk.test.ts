/** The one file that knows the library: what is told, when, and what it does at the end. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { pause } from "../../src/clock.ts";
import { handlingSpan } from "../../src/events/handled-spans.ts";
import { openTraces } from "../../src/telemetry/open.ts";
import { inSpan, type Traces, type TracesOptions } from "../../src/telemetry/traces.ts";
import { type Collector, openCollector } from "../world/otlp.ts";

const parent = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, tracestate: "vendor=1" };

describe("traces by the SDK", () => {
  let collector: Collector;
  let before: NodeJS.ProcessEnv;
  let warnings: string[];
  let opened: Traces[];

  beforeEach(async () => {
    collector = await openCollector();
    before = { ...process.env };
    // The library reads them itself.
    Object.assign(process.env, collector.env);
    warnings = [];
    opened = [];
  });
  afterEach(async () => {
    for (const traces of opened) await traces.end(AbortSignal.abort());
    process.env = before;
    await collector[Symbol.asyncDispose]();
  });

  async function open(more: Partial<TracesOptions> = {}): Promise<Traces> {
    const variables = process.env;
    const warn = (message: string) => void warnings.push(message);
    const traces = await openTraces({ variables, role: "cli", version: "1.2.3", under: null, warn, ...more });
    opened.push(traces);
    return traces;
  }

  const names = () => collector.spans().map(({ name }) => name);

  test("what is opened inside is a part of it, however long that waits", async () => {
    const traces = await open();
    assert.equal(traces.current(), null);
    await inSpan(traces, { name: "outer" }, async (outer) => {
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(traces.current(), outer.context);
      await Promise.all(["one", "two"].map((name) => inSpan(traces, { name }, async () => {})));
    });
    assert.equal(traces.current(), null);
    assert.equal(await traces.end(), "sent");
    const [outer, ...inner] = collector.spans();
    assert.equal(outer?.parentSpanId, null);
    assert.deepEqual(
      inner.map(({ parentSpanId }) => parentSpanId),
      [outer?.spanId, outer?.spanId],
    );
    assert.equal(outer?.resource["service.version"], "1.2.3");
    assert.deepEqual(warnings, []);
  });

  test("an error is told by its code, and thrown on", async () => {
    const traces = await open();
    const error = Object.assign(new Error("the password is swordfish"), { code: "remote_away" });
    await assert.rejects(
      inSpan(traces, { name: "fails" }, () => Promise.reject(error)),
      error,
    );
    await traces.end();
    const [span] = collector.spans();
    assert.deepEqual([span?.failed, span?.attributes["error.type"]], [true, "remote_away"]);
    assert.ok(!collector.posted.some(({ body }) => body.includes("swordfish")));
  });

  test("a known id is the span's, its times are those given, and it goes on from somebody else's place", async () => {
    const traces = await open();
    const id = { span: "c".repeat(16), trace: "d".repeat(32) };
    traces.open({ name: "child", under: parent, id, startMs: 1000 }).end(3500);
    traces.open({ name: "root", under: null, id, startMs: 1001 }).end(1002);
    traces.open({ name: "other", under: null, startMs: 1002 }).end(1003);
    await traces.end();
    const [child, root, other] = collector.spans();
    assert.deepEqual(
      [child?.spanId, child?.traceId, child?.parentSpanId, child?.end],
      [id.span, "a".repeat(32), "b".repeat(16), 3_500_000_000n],
    );
    assert.deepEqual([root?.spanId, root?.traceId, root?.parentSpanId], [id.span, id.trace, null]);
    assert.notEqual(other?.spanId, id.span);
    assert.notEqual(other?.traceId, id.trace);
  });

  test("the caller's place is that of everything, with what its vendors noted", async () => {
    const traces = await open({ under: parent });
    assert.deepEqual(traces.current(), parent);
    const { context } = traces.open({ name: "ours" });
    assert.match(context?.traceparent ?? "", new RegExp(`^00-${"a".repeat(32)}-[0-9a-f]{16}-01$`));
    assert.equal(context?.tracestate, "vendor=1");
  });

  test("the parts of a whole are told with it, and never without it", async () => {
    const traces = await open();
    const whole = traces.open({ name: "whole", whole: true, startMs: 1 });
    whole.within(() => traces.open({ name: "part", startMs: 2 })).end();
    traces.open({ name: "other", startMs: 3 }).end();
    await collector.until((spans) => spans.some(({ name }) => name === "other"), "another was sent");
    assert.deepEqual(names(), ["other"]);
    whole.end();
    await collector.until((spans) => spans.length === 3, "the whole was sent");
    assert.deepEqual(names(), ["whole", "part", "other"]);
  });

  test("an event with a hostile traceparent is in no trace, and one in a trace is a part of it", async () => {
    const traces = await open();
    const event = {
      specversion: "1.0",
      id: "1",
      source: "signalbox/shop/cli/me",
      type: "domain.software-development.review.approved",
      time: "2026-01-01T00:00:00.000Z",
      dataschema: "urn:signalbox:schema:x:1",
      datacontenttype: "application/json",
      data: {},
      idempotencykey: "k",
      eventlevel: "workflow",
      visibility: "cluster",
      sequence: "0000000000000001",
      epoch: "e",
    } as const;
    const span = (traceparent: string) =>
      handlingSpan(traces, "readiness", { streamId: "1-0", event: { ...event, traceparent } });
    for (const hostile of ["", "00-x", `${parent.traceparent}\u001b[2J`, `${parent.traceparent}","x":"`])
      assert.equal(span(hostile), null);
    span(parent.traceparent)?.end();
    await traces.end();
    assert.deepEqual(
      collector.spans().map(({ name, kind, parentSpanId }) => [name, kind, parentSpanId]),
      [["process review.approved", "consumer", "b".repeat(16)]],
    );
  });

  test("a collector that refuses is told of once, until it has taken something", async () => {
    const traces = await open();
    const answers = [400, 400, 200, 400];
    collector.answer((response) => response.writeHead(answers.shift() ?? 200).end("{}"));
    for (let sent = 1; sent <= 4; sent++) {
      traces.open({ name: "x" }).end();
      await collector.until(() => collector.posted.length === sent, `the ${sent}. was sent`);
    }
    await traces.end();
    const line = `The traces cannot be sent to ${collector.url} (400); nothing waits for them.`;
    assert.deepEqual(warnings, [line, line]);
  });

  test("an end in a hurry waits for nobody, and says what may be missing", async () => {
    const traces = await open();
    collector.answer(() => {});
    traces.open({ name: "x" }).end();
    const late = pause(500).then(() => "late");
    assert.equal(await Promise.race([traces.end(AbortSignal.abort()), late]), "abandoned");
    assert.deepEqual(warnings, [
      `The traces cannot be sent to ${collector.url} (no answer); nothing waits for them.`,
    ]);
  });
});
