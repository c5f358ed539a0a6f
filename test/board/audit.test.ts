/** What is an act, for every type of the catalog: who is named, from where, in which words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { actOf, auditEntrySchema, auditRules, isBy } from "../../src/board/audit.ts";
import { type BuiltInType, builtInDefinitions } from "../../src/events/built-in.ts";

const domain = "domain.software-development.";
const sha = "0123456789abcdef0123456789abcdef01234567";

function stored(type: string, data: Record<string, unknown>, source = "signalbox/shop/cli/ana") {
  return {
    streamId: "1763800000000-0",
    event: {
      specversion: "1.0" as const,
      id: "0198a6c0-0000-7000-8000-000000000000",
      source,
      type,
      time: "2026-11-22T10:00:00.000Z",
      dataschema: `urn:signalbox:schema:${type}:1`,
      datacontenttype: "application/json" as const,
      data,
      idempotencykey: "k",
      eventlevel: "operational" as const,
      visibility: "local" as const,
      sequence: "1",
      epoch: "e",
    },
  };
}

/** One act of each type that can be one: what is recorded, who did what, why. */
const told: [
  type: string,
  data: Record<string, unknown>,
  told: [who: string, act: string, what: string, reason: string | null],
][] = [
  [
    "review.approved",
    { slug: "fix", review_round: 2, reviewer_session_id: "rita", approved_sha: sha },
    ["rita", "approve", "fix, at 0123456, round 2", null],
  ],
  [
    "review.revoked",
    { slug: "fix", review_round: 2, revoked_by: "rita", reason: "a hole" },
    ["rita", "revoke", "fix, round 2", "a hole"],
  ],
  [
    "deployment.started",
    { slug: "fix", branch: "fix-1", sha, attempt: 2, pusher: "p", worker_session_id: "w1" },
    ["w1", "submit", "fix, fix-1, at 0123456, attempt 2", null],
  ],
  ["work.item.started", { slug: "fix", branch: "fix-1", by: "ana" }, ["ana", "start", "fix, fix-1", null]],
  [
    "work.phase.marked",
    { slug: "fix", phase: "review", status: "changes_requested", round: 1, by: "rita", sha },
    ["rita", "mark", "fix, review changes requested, at 0123456", null],
  ],
  [
    "work.person.asked",
    { slug: "fix", phase: "review", reason: "rounds_spent", question: "Go on?", next_action: "n", by: "orc" },
    ["orc", "ask", "fix, Go on?", "rounds spent"],
  ],
  ["work.item.dropped", { slug: "fix", reason: "no need", by: "ana" }, ["ana", "drop", "fix", "no need"]],
  [
    "work.session.ended",
    { session_id: "s1", role: "build", slug: "fix", why: "ended by ana: it hangs: badly" },
    ["ana", "end_session", "session s1, fix", "it hangs: badly"],
  ],
  [
    "integration.candidate.requeued",
    { slug: "fix", branch: "f", sha, attempt: 2, by: "ana", reason: "retried by ana" },
    ["ana", "retry", "fix, at 0123456, attempt 2", null],
  ],
  [
    "integration.candidate.withdrawn",
    { slug: "fix", branch: "f", sha, by: "ana", reason: "not yet" },
    ["ana", "withdraw", "fix, at 0123456", "not yet"],
  ],
  [
    "integration.main.moved",
    { from: sha, to: `f${sha.slice(1)}`, by: "mallory", forced: true, guard_opened: {} },
    ["mallory", "rewrite_main", "main from 0123456 to f123456, while the guard stood open", null],
  ],
  [
    "integration.queue.paused",
    { by: "ana", reason: "a release", draining: false },
    ["ana", "pause", "the queue", "a release"],
  ],
  ["integration.queue.resumed", { by: "ana" }, ["ana", "resume", "the queue", null]],
  [
    "integration.cutover.changed",
    { by: "ana", reason: "ready", enabled: true, parity_evidence_accepted: true },
    ["ana", "cutover", "on: the line lands", "ready"],
  ],
  [
    "integration.guard.blocked",
    { actor: "w2", command: "git push origin main", ref: "main", rule: "main is the integrator's" },
    ["w2", "push", "main, git push origin main", "main is the integrator's"],
  ],
  [
    "integration.guard.opened",
    { actor: "ana", reason: "an outage", until: "2026-11-22T11:00:00Z" },
    ["ana", "break_glass", "the guard, until 2026-11-22T11:00:00Z", "an outage"],
  ],
  [
    "platform.quarantine.decided",
    { stream_id: "1-0", group: "readiness", event_type: null, decision: "drop", by: "ana" },
    ["ana", "quarantine_drop", "an unreadable entry, 1-0 for readiness", null],
  ],
  [
    "notification.acted",
    { notification_id: "abc", version: 1, action: "claim", by: "ana" },
    ["ana", "claim", "notification abc", null],
  ],
];

test("every type of the catalog is classed, and every one that can be an act has its words", () => {
  const types: BuiltInType[] = builtInDefinitions.map(({ type }) => type);
  assert.deepEqual(Object.keys(auditRules).toSorted(), types.toSorted());
  const acts = types.filter((type) => auditRules[type].kind !== "no_act");
  assert.deepEqual(told.map(([type]) => `${domain}${type}`).toSorted(), acts.toSorted());
});

for (const [type, data, [who, act, what, reason]] of told)
  test(`${type} tells who did what`, () => {
    const entry = actOf(stored(`${domain}${type}`, data));
    assert.deepEqual(auditEntrySchema.parse(entry), entry);
    assert.deepEqual([entry?.who, entry?.act, entry?.what, entry?.reason], [who, act, what, reason]);
    assert.equal(entry?.slug, data.slug ?? null);
    assert.equal(entry?.refused, type === "integration.guard.blocked");
  });

test("what no act is recorded by is none, whoever said it", () => {
  for (const type of [...Object.keys(auditRules), "com.example.release.cut", "constructor"])
    if (!told.some(([known]) => `${domain}${known}` === type))
      assert.equal(actOf(stored(type, { slug: "fix", by: "ana" })), null, type);
});

test("where it was made is in the source of what records it; what comes by git is seen by the daemon", () => {
  const surface = (type: string, source: string) =>
    actOf(stored(`${domain}${type}`, { by: "ana", actor: "ana" }, source))?.surface;
  for (const known of ["cli", "api", "web", "telegram"] as const)
    assert.equal(surface("integration.queue.paused", `signalbox/shop/${known}/ana`), known);
  for (const strange of ["signalbox/shop/platform/ana", "elsewhere", "signalbox/shop/git%2F/ana"])
    assert.equal(surface("integration.queue.paused", strange), null);
  assert.equal(surface("integration.main.moved", "signalbox/shop/daemon/4711"), "git");
  assert.equal(surface("integration.guard.blocked", "signalbox/shop/daemon/4711"), "git");
});

test("a requeue is an act by hand, and none where the line itself puts a candidate back", () => {
  const data = { slug: "fix", sha, by: "integrator:vm:1:1:ab" };
  for (const role of ["integrator", "daemon"])
    assert.equal(
      actOf(stored(`${domain}integration.candidate.requeued`, data, `signalbox/shop/${role}/1`)),
      null,
    );
  assert.ok(actOf(stored(`${domain}integration.candidate.requeued`, data)));
});

test("main that is gone was deleted by somebody, and did not move to nothing", () => {
  const gone = actOf(
    stored(`${domain}integration.main.moved`, { from: sha, to: null, by: "unknown", forced: false }),
  );
  assert.deepEqual([gone?.who, gone?.act, gone?.what], ["unknown", "delete_main", "main, at 0123456"]);
});

test("a worker that ends by itself was ended by nobody", () => {
  for (const why of ["exit 0", "killed by SIGKILL", "its keeper was killed", "not started: no such file"])
    assert.equal(
      actOf(stored(`${domain}work.session.ended`, { session_id: "s", role: "build", why })),
      null,
      why,
    );
});

test("nobody named is whoever said it", () => {
  const who = (source: string) => actOf(stored(`${domain}integration.queue.resumed`, {}, source))?.who;
  assert.equal(who("signalbox/shop/cli/ana%20b"), "ana b");
  assert.equal(who("signalbox/shop/cli/%E0%A4%A"), "%E0%A4%A");
  assert.equal(who("elsewhere"), "somebody");
});

test("a name means the whole of it, in whatever case", () => {
  assert.equal(isBy({ who: "Ana" }, "ana"), true);
  assert.equal(isBy({ who: "ana" }, "an"), false);
});
