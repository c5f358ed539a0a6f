/** Who did what: by the command line, a token, a browser; the same in `audit` and over HTTP. */
import assert from "node:assert/strict";
import { type AuditEntry, auditPageSchema } from "../../../src/board/audit.ts";
import { handOver } from "../../world/facts.ts";
import { apiOf } from "../../world/http.ts";
import { shareWorld } from "../../world/shared.ts";
import { signIn } from "../../world/sign-in.ts";
import { waitUntil } from "../../world/wait-until.ts";
import { openWire } from "../../world/wire.ts";

const journey = shareWorld({ files: { "text.txt": "one\n" } });

type Short = [who: string, surface: string | null, act: string, slug: string | null, reason: string | null];
const short = ({ who, surface, act, slug, reason }: AuditEntry): Short => [who, surface, act, slug, reason];

journey(
  "each act is there once, with its person, its surface and its reason, oldest first",
  async (world) => {
    const api = await apiOf(world);
    await world.signalbox("queue", "pause", "--reason", "a release", "--by", "ana");
    const worker = await world.worker("first");
    await worker.commit({ "first.txt": "first" });
    await handOver(world, worker);
    await waitUntil(async () => (await api.ask("/queue/first")).text.includes('"queued"'), {
      what: "it is queued",
    });
    const browser = await signIn(api, "Bea");
    await api.post("/queue/first/withdraw", { reason: "not yet" }, browser);
    await api.post("/queue/first/retry", {}, { as: "worker" });
    await api.post("/queue/resume", { reason: "go" }, browser);
    const acts = await world.json<AuditEntry[]>("audit");
    assert.deepEqual(acts.map(short), [
      ["ana", "cli", "pause", null, "a release"],
      ["reviewer-1", null, "approve", "first", null],
      ["worker-1", null, "submit", "first", null],
      ["Bea", "web", "withdraw", "first", "not yet"],
      ["worker", "api", "retry", "first", null],
      ["Bea", "web", "resume", null, "go"],
    ]);
    const page = auditPageSchema.parse((await api.ask("/audit", { as: "viewer" })).json);
    assert.deepEqual(page, { items: acts, next: null });
  },
);

journey(
  "it is asked by name, from a time on, and the newest first few; for people one line each",
  async (world) => {
    const all = await world.json<AuditEntry[]>("audit");
    const bea = await world.json<AuditEntry[]>("audit", "--by", "bea");
    assert.deepEqual(
      bea.map(({ act }) => act),
      ["withdraw", "resume"],
    );
    assert.deepEqual(await world.json("audit", "--limit", "2"), all.slice(-2));
    const third = all[2];
    assert.deepEqual(await world.json("audit", "--since", third?.streamid ?? ""), all.slice(3));
    assert.deepEqual(await world.json("audit", "--since", third?.at ?? ""), all.slice(2));
    assert.deepEqual(await world.json("audit", "--by", "nobody"), []);
    const { stdout, code } = await world.signalbox("audit");
    const lines = stdout.trimEnd().split("\n");
    assert.deepEqual([code, lines.length], [0, all.length]);
    assert.match(lines[3] ?? "", /^\d{4}-\S+Z {2}Bea +web +withdraw {2}first, at [0-9a-f]{7} {2}not yet$/);
    assert.equal((await world.signalbox("audit", "--since", "yesterday")).code, 2);
  },
);

journey("pages of it lead back to the beginning, without a gap", async (world) => {
  const api = await apiOf(world);
  const all = await world.json<AuditEntry[]>("audit");
  const found: AuditEntry[] = [];
  let before = "";
  for (let page = 0; page <= all.length; page++) {
    const { items, next } = auditPageSchema.parse((await api.ask(`/audit?limit=2${before}`)).json);
    found.unshift(...items);
    if (next === null) break;
    before = `&before=${next}`;
  }
  assert.deepEqual(found, all);
  for (const query of ["since=yesterday", "before=x", "limit=0", "by=", "who=ana"])
    assert.equal((await api.ask(`/audit?${query}`)).status, 400, query);
  assert.equal((await api.ask("/audit", { as: "none" })).status, 401);
});

journey("what was decided about the quarantine is in it, too", async (world) => {
  await using wire = await openWire(world);
  const { redis, keys } = wire;
  const record = {
    id: "readiness:1-0",
    group: "readiness",
    stream_id: "1-0",
    type: null,
    reason: "broken",
    attempts: 5,
    quarantined_at: "2026-11-22T10:00:00.000Z",
    text: null,
  };
  await redis.command(["HSET", keys.quarantine, record.id, JSON.stringify(record)]);
  await world.signalbox("events", "quarantine", "drop", record.id, "--by", "cleo");
  const acts = await world.json<AuditEntry[]>("audit", "--by", "cleo");
  assert.deepEqual(acts.map(short), [["cleo", "cli", "quarantine_drop", null, null]]);
  assert.deepEqual(await world.json("events", "quarantine", "list"), []);
  const again = await world.signalbox("events", "quarantine", "drop", record.id);
  assert.equal(again.code, 2);
});
