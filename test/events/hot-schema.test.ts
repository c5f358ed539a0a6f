import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { builtInCatalog } from "../../src/events/built-in.ts";
import { envelopeSchema } from "../../src/events/envelope.ts";
import { hotSchema } from "../../src/events/hot-schema.ts";
import { userDefinitions } from "../../src/events/user-definitions.ts";
import { sha } from "./bus.ts";

const at = "2026-11-22T10:00:00Z";
const side = { mode: "100644", id: sha(1), excerpt: null };

/** Values of every kind that a field takes, and of those that none takes. */
const pool: readonly unknown[] = [
  "a",
  "one-slug",
  "feat/x",
  "-x",
  "refs/heads/x",
  "a b",
  "a\nb",
  "a\u202eb",
  "",
  " ",
  "é".repeat(300),
  "x".repeat(4001),
  "😀".repeat(2000),
  sha(1),
  sha(1).slice(1),
  at,
  "2026-02-29T10:00:00Z",
  "2026-11-22T10:00:00+02:00",
  "2026-11-22",
  "1.0",
  "application/json",
  "business",
  "cluster",
  "missing",
  "0000000000000001",
  0,
  -0,
  1,
  -1,
  1.5,
  2 ** 53,
  1e300,
  Number.NaN,
  true,
  null,
  undefined,
  [],
  [sha(1)],
  ["a", 1],
  ["unit", "lint"],
  Array(201).fill("a"),
  {},
  { branch: "b", sha: sha(1) },
  { branch: "b", sha: sha(1), more: 1 },
  [{ path: "p", kind: "content", message: "m", ours: side, theirs: null }],
  [{ path: "p", kind: "content", message: "m", ours: { ...side, mode: "9" }, theirs: null }],
  JSON.parse('{"__proto__":{"a":1}}'),
];

const own = userDefinitions([
  {
    type: "acme.thing",
    level: "business",
    visibility: "public",
    idempotency: ["name"],
    schema: {
      type: "object",
      properties: {
        name: { type: "string", format: "email" },
        tags: { type: "array", items: { enum: ["a", "unit", "lint"] }, uniqueItems: true },
        either: {
          anyOf: [
            { type: "integer", multipleOf: 2 },
            { type: "string", pattern: "^a" },
          ],
        },
      },
      required: ["name"],
    },
  },
]);

const schemas: readonly z.ZodObject[] = [
  envelopeSchema,
  ...[...builtInCatalog().definitions, ...own].map(({ schema }) => schema),
];

/** A payload that is right in most fields, perhaps with one too many. */
function nearly(schema: z.ZodObject): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.entries(schema.shape).map(([name, field]) => {
    const right = pool.filter((value) => z.safeParse(field, value).success);
    const any = fc.constantFrom(...pool);
    const value =
      right.length === 0 ? any : fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...right) }, any);
    return fc.tuple(
      fc.constant(name),
      fc.oneof({ weight: 20, arbitrary: fc.constant(true) }, fc.boolean()),
      value,
    );
  });
  const extra = fc.oneof(
    { weight: 20, arbitrary: fc.constant([]) },
    fc.constant([["more", true, 1] as const]),
  );
  return fc
    .tuple(fc.tuple(...members), extra)
    .map(([known, more]) =>
      Object.fromEntries(
        [...known, ...more].filter(([, kept]) => kept).map(([name, , value]) => [name, value]),
      ),
    );
}

test("a hot schema says what the cold one says of any payload: verdict, value and every problem", () => {
  let accepted = 0;
  for (const schema of schemas) {
    const hot = hotSchema(schema);
    for (let use = 0; use < 300; use++) hot({});
    fc.assert(
      fc.property(nearly(schema), (payload) => {
        const [was, is] = [schema.safeParse(payload), hot(payload)];
        assert.equal(is.success, was.success);
        assert.deepStrictEqual(is.data, was.data);
        assert.deepStrictEqual(is.error?.issues, was.error?.issues);
        if (is.success) accepted += 1;
      }),
      { numRuns: 60 },
    );
  }
  assert.ok(accepted > 500, `only ${accepted} payloads were right: nothing much was compared`);
});

test("every schema of ours can be compiled, and gives a value of its own", () => {
  for (const schema of schemas.slice(0, -own.length)) z.compile(schema, { strict: true });
  const hot = hotSchema(z.strictObject({ name: z.string() }));
  const payload = { name: "a" };
  for (let use = 0; use < 300; use++) assert.notEqual(hot(payload).data, payload);
});
