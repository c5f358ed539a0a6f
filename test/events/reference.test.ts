import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { builtInCatalog } from "../../src/events/built-in.ts";
import {
  eventLevels,
  maxEnvelopeBytes,
  openEnvelopeText,
  parseEnvelope,
  visibilities,
} from "../../src/events/envelope.ts";
import { eventReference } from "../../src/events/reference.ts";
import { compareRows } from "../../src/events/row-differences.ts";
import { asyncApiOf, jsonSchemaOf } from "../../src/events/schemas.ts";
import { started, startedData } from "./bus.ts";

test("docs/events.md is what the catalog says", async () => {
  const written = await readFile(join(import.meta.dirname, "../../docs/events.md"), "utf8");
  assert.equal(written, eventReference(builtInCatalog()), "run scripts/generate-events-doc.ts");
});

test("every type of the specification is there", () => {
  const names = [
    "review.approved",
    "review.revoked",
    "branch.pushed",
    "deployment.started",
    "deployment.completed",
    "deployment.failed",
    "integration.candidate.queued",
    "integration.candidate.dequeued",
    "integration.candidate.superseded",
    "integration.candidate.requeued",
    "integration.candidate.withdrawn",
    "integration.candidate.shadowed",
    "integration.session.started",
    "integration.session.ended",
    "integration.main.moved",
    "integration.guard.blocked",
    "integration.guard.opened",
    "work.item.started",
    "work.phase.marked",
    "work.person.asked",
    "work.item.dropped",
    "work.finalize.recorded",
    "work.session.started",
    "work.session.ended",
    "notification.acted",
    "integration.follow_up.opened",
    "integration.follow_up.resolved",
    "integration.collision.found",
    "platform.gap.found",
    "platform.quarantine.decided",
    "platform.event.quarantined",
    "platform.delivery.disabled",
    "platform.delivery.restored",
    "integration.stalled",
    "integration.cutover.changed",
    "integration.queue.paused",
    "integration.queue.resumed",
  ];
  const catalog = builtInCatalog();
  assert.deepEqual(
    catalog.definitions.map(({ type }) => type).sort(),
    names.map((name) => `domain.software-development.${name}`).sort(),
  );
  const reserved = catalog.definitions.filter((one) => one.reserved).map(({ type }) => type);
  for (const type of reserved)
    assert.match(type, /\.(integration|platform)\.|deployment\.(completed|failed)$/);
  assert.equal(reserved.length, 25);
});

test("the exported JSON Schema judges like the catalog", () => {
  const schema = jsonSchemaOf(builtInCatalog().get(started));
  assert.equal(schema.$id, `urn:signalbox:schema:${started}:1`);
  const read = z.fromJSONSchema(schema);
  assert.equal(read.safeParse(startedData("one")).success, true);
  for (const change of [
    { slug: "A" },
    { branch: "-x" },
    { sha: "x" },
    { attempt: 0 },
    { extra: 1 },
    { remote: "a://b" },
  ]) {
    assert.equal(read.safeParse({ ...startedData("one"), ...change }).success, false, JSON.stringify(change));
  }
  for (const definition of builtInCatalog().definitions)
    assert.ok(JSON.stringify(jsonSchemaOf(definition)).length > 100);
});

test("the AsyncAPI document names every type, and every reference in it leads somewhere", () => {
  const document = JSON.parse(JSON.stringify(asyncApiOf(builtInCatalog(), "1.2.3")));
  assert.equal(document.asyncapi, "3.0.0");
  assert.equal(Object.keys(document.channels.log.messages).length, 37);
  let count = 0;
  const follow = (value: unknown): void => {
    if (value === null || typeof value !== "object") return;
    for (const [name, member] of Object.entries(value)) {
      if (name === "$ref") {
        const path = String(member).replace(/^#\//, "").split("/");
        assert.ok(
          path.reduce((at, key) => at?.[key], document),
          String(member),
        );
        count += 1;
      } else follow(member);
    }
  };
  follow(document);
  assert.ok(count > 100);
});

test("an open envelope reads back as what was given, whatever its texts hold", () => {
  const optional = fc.option(fc.string({ unit: "binary" }), { nil: undefined });
  const event = fc.record({
    specversion: fc.constant("1.0" as const),
    id: fc.string(),
    source: fc.string({ unit: "binary" }),
    type: fc.string({ unit: "binary" }),
    subject: optional,
    dataschema: fc.string(),
    datacontenttype: fc.constant("application/json" as const),
    data: fc.dictionary(fc.string(), fc.jsonValue()),
    idempotencykey: fc.string({ unit: "binary" }),
    eventlevel: fc.constantFrom(...eventLevels),
    visibility: fc.constantFrom(...visibilities),
    correlationid: optional,
    causationid: optional,
    traceparent: optional,
    tracestate: optional,
  });
  fc.assert(
    fc.property(event, (written) => {
      const text = `${openEnvelopeText(written)}}`;
      assert.equal(text, JSON.stringify(written));
    }),
  );
});

test("an envelope is at most 64 KiB, as written and as read", () => {
  const event = {
    specversion: "1.0",
    id: "i",
    source: "s",
    type: "a.b",
    dataschema: "urn:signalbox:schema:a.b:1",
    datacontenttype: "application/json",
    idempotencykey: "k",
    eventlevel: "business",
    visibility: "public",
  } as const;
  const stamp =
    ',"time":"2026-11-22T10:00:00.000Z","sequence":"0000000000000001","epoch":"0123456789abcdef"}';
  const room = maxEnvelopeBytes - Buffer.byteLength(openEnvelopeText({ ...event, data: { text: "" } })) - 160;
  const largest = openEnvelopeText({ ...event, data: { text: "x".repeat(room) } }) + stamp;
  assert.ok(parseEnvelope(largest).kind === "parsed");
  assert.throws(() => openEnvelopeText({ ...event, data: { text: "x".repeat(room + 1) } }), /at most/);
  assert.throws(
    () => openEnvelopeText({ ...event, data: { text: "\u2028".repeat(room / 3 + 1) } }),
    /at most/,
  );
  assert.throws(() => openEnvelopeText({ ...event, data: { text: "é".repeat(room / 2 + 1) } }), /at most/);
  assert.equal(parseEnvelope(`{"a":"${"x".repeat(maxEnvelopeBytes)}"}`).kind, "unparseable");
  for (const text of ["", "null", "[]", "1", "{}", '{"specversion":"0.3"}', `[`.repeat(60_000)]) {
    assert.equal(parseEnvelope(text).kind, "unparseable", text.slice(0, 20));
  }
});

test("rows are compared by what they hold, not by how they are spelled", () => {
  const live = new Map([
    [
      "t",
      new Map([
        ["a", '{"x":1,"y":2}'],
        ["b", "1"],
        ["c", "null"],
      ]),
    ],
  ]);
  const rebuilt = new Map([
    [
      "t",
      new Map([
        ["a", '{"y":2,"x":1}'],
        ["b", "2"],
      ]),
    ],
    ["u", new Map([["d", "3"]])],
  ]);
  assert.deepEqual(compareRows(live, rebuilt), [
    { table: "t", id: "b", live: 1, rebuilt: 2 },
    { table: "u", id: "d", live: null, rebuilt: 3 },
  ]);
});
