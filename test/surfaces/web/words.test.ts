/** What the web writes: times, names, addresses, fields of a schema. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byStreamId, merged } from "../../../src/surfaces/web/event-list.ts";
import {
  actor,
  ago,
  counted,
  lasting,
  plain,
  roughly,
  shortType,
  speaker,
} from "../../../src/surfaces/web/format.ts";
import { branchHref, commitHref } from "../../../src/surfaces/web/links.ts";
import { codeOf, hrefOf, type Route, routeOf } from "../../../src/surfaces/web/routes.ts";
import { fieldsOf } from "../../../src/surfaces/web/schema-fields.ts";
import { snoozeTimes } from "../../../src/surfaces/web/snooze-times.ts";
import type { EventShape } from "../../../src/surfaces/web/wire.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

test("an address at the forge is made of a whole commit or a branch, and of nothing else", () => {
  const links = {
    commit: "https://forge.example/acme/shop/commit/{sha}",
    branch: "https://forge.example/acme/shop/tree/{branch}",
  };
  const sha = "0123456789abcdef0123456789abcdef01234567";
  const at = "https://forge.example/acme/shop";
  assert.equal(commitHref(links, sha), `${at}/commit/${sha}`);
  assert.equal(commitHref(links, `${sha}${"a".repeat(24)}`), `${at}/commit/${sha}${"a".repeat(24)}`);
  for (const wrong of ["", "0123456", sha.toUpperCase(), `${sha}?x`, "../../evil", "$&"])
    assert.equal(commitHref(links, wrong), null, wrong);
  assert.equal(branchHref(links, "feature/a#b?c$&"), `${at}/tree/feature/a%23b%3Fc%24%26`);
  for (const wrong of ["", "..", "a/../b", "a//b", "./a", "a/."])
    assert.equal(branchHref(links, wrong), null, wrong);
  assert.deepEqual([commitHref(null, sha), branchHref(null, "main")], [null, null]);
  const hostile = { commit: "javascript:alert('{sha}')", branch: "http://forge.example/{branch}" };
  assert.deepEqual([commitHref(hostile, sha), branchHref(hostile, "main")], [null, null]);
});

test("durations have as many units as matter, ages have one", () => {
  const written = (ms: number) => [roughly(ms), lasting(ms)];
  assert.deepEqual(written(-5), ["0 s", "0 ms"]);
  assert.deepEqual(written(999), ["0 s", "999 ms"]);
  assert.deepEqual(written(4240), ["4 s", "4.2 s"]);
  assert.deepEqual(written(59_999), ["59 s", "59 s"]);
  assert.deepEqual(written(65 * second), ["1 min", "1 min 05 s"]);
  assert.deepEqual(written(2 * hour + 10 * minute), ["2 h", "2 h 10 min"]);
  assert.deepEqual(written(75 * hour), ["3 d", "3 d 3 h"]);
  assert.equal(ago("2026-11-01T00:00:00.000Z", Date.parse("2026-11-01T00:12:30Z")), "12 min ago");
  // The clock of the machine that wrote it may be ahead of ours.
  assert.equal(ago("2026-11-01T00:00:05.000Z", Date.parse("2026-11-01T00:00:00Z")), "now");
  assert.equal(counted(1, "file"), "1 file");
  assert.equal(counted(1234, "file"), "1,234 files");
});

test("what moves, hides or turns text is shown as what it is, new lines and tabs stay", () => {
  assert.equal(plain("a\u001b[31mb"), "a\ufffd[31mb");
  assert.equal(plain("main\u202egpj.exe"), "main\ufffdgpj.exe");
  assert.equal(plain("ma\u200bin \u009b2J \ufeff"), "ma\ufffdin \ufffd2J \ufffd");
  assert.equal(plain("one\n\ttwo é 日本 🚂"), "one\n\ttwo é 日本 🚂");
  const shown = fc.property(
    fc.string({ unit: "binary" }),
    (text) => !/[\p{Cc}\p{Cf}]/u.test(plain(text).replace(/[\n\t]/g, "")),
  );
  fc.assert(shown);
});

test("every route is found again by its address, whatever the name in it", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text.isWellFormed());
  const maybe = fc.option(name);
  const routes: fc.Arbitrary<Route> = fc.oneof(
    fc.constantFrom<Route>({ view: "line" }, { view: "history" }, { view: "health" }),
    name.map((slug): Route => ({ view: "candidate", slug })),
    maybe.map((id): Route => ({ view: "inbox", id })),
    maybe.map((id): Route => ({ view: "sessions", id })),
    fc.tuple(maybe, maybe).map(([type, slug]): Route => ({ view: "events", type, slug })),
  );
  fc.assert(fc.property(routes, (route) => assert.deepEqual(routeOf(hrefOf(route)), route)));
});

test("an address that names nothing is the line, and throws nothing", () => {
  for (const fragment of ["", "#", "#/", "#/nowhere", "#/candidate", "#/candidate/%E0%A4%A", "#code=x"])
    assert.deepEqual(routeOf(fragment), { view: "line" }, fragment);
});

test("the one-time code is read from the fragment alone", () => {
  assert.equal(codeOf("#code=abc_-1"), "abc_-1");
  assert.equal(codeOf("#/inbox"), null);
  assert.equal(codeOf("#code="), null);
});

test("a schema becomes a table of its fields", () => {
  const fields = fieldsOf({
    type: "object",
    required: ["slug"],
    properties: {
      slug: { type: "string", maxLength: 64, description: "the item" },
      attempt: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 },
      checks: { type: "array", items: { type: "string" } },
      side: { anyOf: [{ type: "object", properties: { id: {}, mode: {} } }, { type: "null" }] },
      how: { enum: ["pushed", "found"] },
      at: { type: "string", format: "date-time" },
    },
  });
  assert.deepEqual(
    fields.map(({ name, type, isRequired, what }) => [name, type, isRequired, what]),
    [
      ["slug", "string", true, "the item; at most 64 characters"],
      ["attempt", "integer", false, "at least 1; default 1"],
      ["checks", "list of string", false, ""],
      ["side", "{id, mode} | null", false, ""],
      ["how", '"pushed" | "found"', false, ""],
      ["at", "time", false, ""],
    ],
  );
  assert.deepEqual(fieldsOf({ anyOf: [] }), []);
});

test("what is put off comes back at nine in the reader's own morning, always later than now", () => {
  // A Wednesday, 23:30 in Berlin (UTC+1): there, tomorrow is the 19th.
  const now = Date.parse("2026-11-18T22:30:00Z");
  const times = Object.fromEntries(snoozeTimes(now, -60).map(({ name, until }) => [name, until]));
  assert.equal(times["for an hour"], "2026-11-18T23:30:00.000Z");
  assert.equal(times["until tomorrow"], "2026-11-19T08:00:00.000Z");
  assert.equal(times["until Monday"], "2026-11-23T08:00:00.000Z");
  const monday = snoozeTimes(Date.parse("2026-11-23T12:00:00Z"), 0).find(
    ({ name }) => name === "until Monday",
  );
  assert.equal(monday?.until, "2026-11-30T09:00:00.000Z");
  const moment = fc.integer({ min: 0, max: 4e12 });
  const zone = fc.integer({ min: -14 * 60, max: 12 * 60 });
  fc.assert(
    fc.property(moment, zone, (at, offset) =>
      snoozeTimes(at, offset).every(({ until }) => Date.parse(until) > at),
    ),
  );
});

const event = (streamid: string, subject: string, type = "t.a"): EventShape => ({
  specversion: "1.0",
  id: `id-${streamid}`,
  source: "signalbox/r/daemon/1",
  type,
  subject,
  time: "2026-11-01T00:00:00.000Z",
  dataschema: "urn:x",
  datacontenttype: "application/json",
  data: {},
  idempotencykey: "k",
  eventlevel: "workflow",
  visibility: "cluster",
  sequence: "1",
  epoch: "e",
  streamid,
});

test("the log that was read and what was said since are one list, newest first, nothing twice", () => {
  const read = [event("20-0", "a"), event("9-1", "b"), event("9-0", "a")];
  const said = [event("20-0", "a"), event("100-0", "b"), event("101-0", "a", "t.b")];
  const ids = (wanted: { type: string | null; slug: string | null }) =>
    merged(read, said, wanted).map(({ streamid }) => streamid);
  assert.deepEqual(ids({ type: null, slug: null }), ["101-0", "100-0", "20-0", "9-1", "9-0"]);
  // What was read was asked for by type and slug already.
  assert.deepEqual(ids({ type: "t.b", slug: "a" }), ["101-0", "20-0", "9-1", "9-0"]);
  assert.ok(byStreamId("9-0", "10-0") < 0 && byStreamId("10-2", "10-10") < 0);
});

test("a holder is named by role and process, whoever else by their own name", () => {
  assert.equal(actor("integrator:vm:12365:2591138:1f93cb170160"), "integrator 12365");
  assert.equal(actor("ada"), "ada");
  assert.equal(actor("a:b:c"), "a:b:c");
  assert.equal(speaker("signalbox/acme/shop/integrator/integrator%3Avm%3A7%3A1%3Aab"), "integrator 7");
  assert.equal(speaker("signalbox/r/daemon/4711"), "daemon 4711");
  assert.equal(speaker("elsewhere"), "elsewhere");
});

test("types lose the domain that all of ours have, and no other", () => {
  assert.equal(shortType("domain.software-development.deployment.started"), "deployment.started");
  assert.equal(shortType("domain.release.cut"), "domain.release.cut");
});
