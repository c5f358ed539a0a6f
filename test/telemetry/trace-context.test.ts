/** What counts as a place in a trace, and what is as good as none. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { traceContextOf, traceIdsOf, traceparentOf } from "../../src/telemetry/trace-context.ts";
import { traceSchema } from "../../src/telemetry/trace-schema.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";
const parent = `00-${traceId}-${spanId}-01`;

describe("a traceparent", () => {
  const hex = (length: number) =>
    fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => !/^0+$/.test(text));

  test("is what was written", () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.integer({ min: 0, max: 3 }), (trace, span, flags) => {
        const ids = { traceId: trace, spanId: span, flags };
        assert.deepEqual(traceIdsOf(traceparentOf(ids)), ids);
      }),
    );
  });

  test("of a later version counts by what every version begins with", () => {
    const read = traceContextOf({ traceparent: `cc-${traceId}-${spanId}-09-what-comes-later` });
    assert.deepEqual(read, { traceparent: parent });
  });

  const refused: Record<string, unknown> = {
    nothing: undefined,
    "an empty text": "",
    "no text": 7,
    "capital digits": parent.toUpperCase(),
    "a trace id of zeros": `00-${"0".repeat(32)}-${spanId}-01`,
    "a span id of zeros": `00-${traceId}-${"0".repeat(16)}-01`,
    "the forbidden version": `ff-${traceId}-${spanId}-01`,
    "more than version 00 has": `${parent}-more`,
    "a line break": `${parent}\n`,
    "a header of its own": `${parent}\r\nauthorization: Bearer x`,
    "a short id": `00-${traceId.slice(1)}-${spanId}-01`,
    "a terminal's escape": `\u001b[2J${parent}`,
    "a quote that ends the JSON": `${parent}","data":{"slug":"other"},"x":"`,
    "an endless one": `cc-${traceId}-${spanId}-01-${"a".repeat(70_000)}`,
  };
  for (const [what, traceparent] of Object.entries(refused))
    test(`is not: ${what}`, () => assert.equal(traceContextOf({ traceparent, tracestate: "a=1" }), null));
});

test("a record without a trace is one of an older version, and a trace without its parent is none", () => {
  const record = z.object({ trace: traceSchema });
  for (const whole of [
    {},
    { trace: { traceparent: parent } },
    { trace: { traceparent: parent, tracestate: "a=1" } },
  ])
    assert.deepEqual(record.parse(whole), whole);
  for (const trace of [null, {}, { tracestate: "a=1" }, { traceparent: 1 }])
    assert.equal(record.safeParse({ trace }).success, false);
});

describe("a tracestate", () => {
  const kept = [
    "vendor=1",
    "a=1,b=2",
    "tenant@vendor=opaque/value+=".slice(0, -1),
    "congo=t61rcWkgMzE, rojo=00f067",
  ];
  for (const tracestate of kept)
    test(`is kept: ${tracestate}`, () =>
      assert.deepEqual(traceContextOf({ traceparent: parent, tracestate }), {
        traceparent: parent,
        tracestate,
      }));

  const dropped: Record<string, unknown> = {
    "no value": "vendor",
    "a key twice": "a=1,a=2",
    "capital keys": "Vendor=1",
    "a line break": "a=1\nb=2",
    "an escape": "a=\u001b[2J",
    "too many": Array.from({ length: 33 }, (_, at) => `k${at}=1`).join(","),
    "too long": `a=${"x".repeat(250)},b=${"x".repeat(250)},c=${"x".repeat(20)}`,
    "no text": ["a=1"],
  };
  for (const [what, tracestate] of Object.entries(dropped))
    test(`is left out, and its traceparent kept: ${what}`, () =>
      assert.deepEqual(traceContextOf({ traceparent: parent, tracestate }), { traceparent: parent }));
});
