import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { Failure, isFailure } from "../../src/errors.ts";
import { builtInCatalog } from "../../src/events/built-in.ts";
import { createCatalog } from "../../src/events/catalog.ts";
import { defineEvent } from "../../src/events/definition.ts";
import { readEntry } from "../../src/events/read-entry.ts";
import { userDefinitions } from "../../src/events/user-definitions.ts";
import { sha, started, startedData } from "./bus.ts";

const plain = defineEvent({
  type: "acme.thing.done",
  level: "operational",
  summary: "A thing was done.",
  schema: z.strictObject({
    name: z.string(),
    note: z.string().optional(),
    count: z.int().default(1),
    done_at: z.string().optional(),
  }),
  idempotency: ["name"],
});

const lifecycle = {
  group: () => "g",
  groupFields: ["name"],
  effect: "creates",
  title: () => "t",
  body: () => "b",
} as const;

function problemsOf(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  assert.fail("nothing was refused");
}

test("a wrong definition fails when the catalog is made, with every problem at once", () => {
  const wrong = [
    plain,
    { ...plain },
    { ...plain, type: "Acme Thing" },
    { ...plain, type: "acme.a", idempotency: ["nmae"] },
    { ...plain, type: "acme.b", idempotency: ["done_at"] },
    { ...plain, type: "acme.c", idempotency: [] },
    { ...plain, type: "acme.d", notification: { ...lifecycle, groupFields: ["slug"] } },
    { ...plain, type: "acme.e", notification: { ...lifecycle, groupFields: ["note"] } },
    { ...plain, type: "acme.f", notification: { ...lifecycle, meaningful: ["sha"] } },
    { ...plain, type: "acme.g", schema: z.object({ name: z.string() }) },
    { ...plain, type: "acme.h", major: 3, upcasters: { 2: (data: object) => ({ ...data }) } },
  ];
  assert.deepEqual(
    problemsOf(() => createCatalog(wrong)),
    [
      "acme.thing.done: is registered twice",
      "Acme Thing: is no type name: lower-case words with dots between them",
      'acme.a: has the idempotency field "nmae", which its schema lacks',
      'acme.b: has a time, "done_at", in its idempotency',
      'acme.c: names no idempotency field; say "content" or "each" for that',
      'acme.d: has the group field "slug", which its schema lacks',
      'acme.e: has the group field "note", which may be absent',
      'acme.f: calls "sha" meaningful, which its schema lacks',
      "acme.g: has a schema that lets unknown fields through",
      "acme.h: has no upcaster from its major 1",
    ],
  );
});

test("a payload's problems come all at once, each with its path and the nearest name", () => {
  const data = JSON.parse(
    '{"__proto__": 1, "slug": "A", "branch": "-x", "remot": "origin", "sha": "abc", "attempt": 0}',
  );
  assert.deepEqual(
    problemsOf(() => builtInCatalog().validate(started, data)),
    [
      "data.slug: must be a slug: a-z, 0-9 and inner hyphens, at most 64",
      "data.branch: must be a branch's short name",
      "data.sha: must be a full object id in lower-case hex",
      "data.attempt: Too small: expected number to be >=1",
      "data.remote: is required",
      "data.pushed_at: is required",
      "data.pusher: is required",
      "data.worker_session_id: is required",
      "data.orchestrator_session_id: is required",
      "data.ready_at: is required",
      "data.__proto__: unknown field",
      "data.remot: unknown field; did you mean remote?",
    ],
  );
  for (const other of [null, 1, "x", [], undefined]) {
    assert.throws(
      () => builtInCatalog().validate(started, other),
      (error) => isFailure(error, "invalid_event"),
    );
  }
});

test("an unknown type is refused with the nearest names", () => {
  const table: [string, string][] = [
    ["deployment.started", started],
    ["domain.software-development.deployment.startd", started],
    ["", "signalbox events schema"],
    ["__proto__", "signalbox events schema"],
  ];
  for (const [type, hint] of table) {
    assert.throws(
      () => builtInCatalog().get(type),
      (error) => isFailure(error, "unknown_event_type") && (error.cure ?? "").includes(hint),
      type,
    );
  }
});

test("hostile names and values are refused at the door", () => {
  const catalog = builtInCatalog();
  const accepts = (change: object) => {
    try {
      catalog.validate(started, { ...startedData("one"), ...change });
      return true;
    } catch (error) {
      assert.ok(isFailure(error, "invalid_event"), String(error));
      return false;
    }
  };
  const branches = [
    "--upload-pack=x",
    "-o",
    "a\nb",
    "a\u0000b",
    "a b",
    "a~1",
    "a^",
    "a:b",
    "a?b",
    "a*",
    "a[b",
    "a\\b",
    "a..b",
    "a@{1}",
    "@",
    "HEAD",
    "refs/heads/a",
    "/a",
    "a/",
    "a//b",
    "a.",
    "\u001b[31mred",
    "a\u202eb",
    "a\u200bb",
    "x".repeat(300),
    "",
  ];
  for (const branch of branches) assert.equal(accepts({ branch }), false, JSON.stringify(branch));
  for (const branch of ["main", "feature/x", "ünï/ço-dé", "a@b", "v1.2", "HEAD-2", "日本"])
    assert.equal(accepts({ branch }), true, branch);
  for (const slug of ["", "-a", "a-", "A", "a_b", "../x", "a/b", "x".repeat(65), "a\n"])
    assert.equal(accepts({ slug }), false, slug);
  for (const slug of ["a", "0", "a-b", "x".repeat(64)]) assert.equal(accepts({ slug }), true, slug);
  for (const value of ["abc", sha(1).toUpperCase().replace("0", "A"), `${sha(1)}0`, `${sha(1)}\n`, "HEAD"])
    assert.equal(accepts({ sha: value }), false, value);
  assert.equal(accepts({ sha: "a".repeat(64) }), true);
  for (const remote of ["https://x/y", "git@host:x", "-o", "../x", "a b", ""])
    assert.equal(accepts({ remote }), false, remote);
  for (const ready_at of ["yesterday", "2026-11-22", "2026-11-22T10:00:00", "2026-02-30T10:00:00Z", 1])
    assert.equal(accepts({ ready_at }), false, String(ready_at));
  assert.equal(accepts({ ready_at: "2026-11-22T10:00:00.123+02:00" }), true);
  for (const pusher of ["", "  ", "a\nb", "\u001b]0;x\u0007"])
    assert.equal(accepts({ pusher }), false, JSON.stringify(pusher));
});

test("a default counts like the value it stands for", () => {
  const catalog = builtInCatalog();
  const { attempt: _, ...without } = { ...startedData("one"), attempt: 1 };
  assert.equal(
    catalog.validate(started, without).key,
    catalog.validate(started, { ...without, attempt: 1 }).key,
  );
  assert.equal(
    catalog.validate(started, without).digest,
    catalog.validate(started, { ...without, attempt: 1 }).digest,
  );
});

test("an older major is brought up to date on reading, a newer one is not guessed at", () => {
  const second = {
    ...plain,
    major: 2,
    upcasters: { 1: ({ title, ...rest }: Readonly<Record<string, unknown>>) => ({ ...rest, name: title }) },
  };
  const catalog = createCatalog([second]);
  const entry = (major: number, data: object) => ({
    streamId: "1-1",
    type: null,
    deleted: false,
    text: JSON.stringify({
      specversion: "1.0",
      id: "x",
      source: "s",
      type: plain.type,
      time: "2026-11-22T10:00:00.000Z",
      dataschema: `urn:signalbox:schema:${plain.type}:${major}`,
      datacontenttype: "application/json",
      data,
      idempotencykey: "k",
      eventlevel: "operational",
      visibility: "cluster",
      sequence: "0000000000000001",
      epoch: "e",
    }),
  });
  const old = readEntry(catalog, entry(1, { title: "a" }));
  assert.ok(old.kind === "event");
  assert.deepEqual(old.event.data, { name: "a", count: 1 });
  const table: [number, object, RegExp][] = [
    [3, { name: "a" }, /newer than 2/],
    [2, { title: "a" }, /data.name: is required/],
    [0, { name: "a" }, /its schema is/],
  ];
  for (const [major, data, reason] of table) {
    const read = readEntry(catalog, entry(major, data));
    assert.ok(read.kind === "unreadable" && read.envelope?.sequence === "0000000000000001");
    assert.match(read.reason, reason);
  }
  const throwing = createCatalog([
    {
      ...plain,
      major: 2,
      upcasters: {
        1: () => {
          throw new Error("lost");
        },
      },
    },
  ]);
  assert.match(Reflect.get(readEntry(throwing, entry(1, {})), "reason"), /lost/);
});

test("types of the user's own come from JSON Schema, strict, and under the user's own domain", () => {
  const written = {
    type: "acme.release.cut",
    level: "workflow",
    visibility: "local",
    idempotency: ["version"],
    schema: {
      type: "object",
      properties: { version: { type: "string" }, notes: { type: "string" } },
      required: ["version"],
    },
  } as const;
  const catalog = builtInCatalog(userDefinitions([written]));
  assert.equal(catalog.validate("acme.release.cut", { version: "1" }).definition.level, "workflow");
  assert.throws(() => catalog.validate("acme.release.cut", { version: "1", x: 1 }), /unknown field/);
  assert.throws(
    () => builtInCatalog(userDefinitions([{ ...written, idempotency: ["sha"] }])),
    /which its schema lacks/,
  );
  const problems = problemsOf(() =>
    userDefinitions([
      { ...written, type: "domain.software-development.mine" },
      { ...written, schema: { type: "string" } },
      { ...written, schema: { type: "object", properties: { a: { $ref: "http://elsewhere/x" } } } },
    ]),
  );
  assert.equal(problems.length, 3);
  assert.match(problems[0] ?? "", /own domain/);
});
