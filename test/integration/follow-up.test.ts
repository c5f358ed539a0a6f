import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  type Blocked,
  type FollowUp,
  followUpSlug,
  openFollowUp,
  resolveFollowUp,
} from "../../src/integration/follow-up.ts";
import { planText, requirementsText, shellWord } from "../../src/integration/follow-up-texts.ts";
import { reasonCodes, reasonOf } from "../../src/integration/reasons.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";
const candidate = { slug: "login", branch: "feature/login", sha };

function blocked(more: Partial<Blocked> = {}): Blocked {
  return {
    candidate,
    reason: "conflict",
    attempt: 1,
    blockedAt: "2026-01-02T03:04:05.000Z",
    conflicts: [
      {
        path: "src/a.ts",
        kind: "contents",
        message: "Merge conflict in src/a.ts",
        ours: { mode: "100644", id: "a".repeat(40), excerpt: "main's line\n" },
        theirs: { mode: "100644", id: "b".repeat(40), excerpt: "the branch's line\n" },
        main_commits: ["c".repeat(40)],
      },
    ],
    diagnostics: ["src/a.ts: content"],
    nextAction: reasonOf("conflict").nextAction,
    ...more,
  };
}

suite("a follow-up", () => {
  test("opens once for a candidate, with evidence and a next action", () => {
    const followUp = openFollowUp(null, blocked());
    assert.deepEqual(followUp.candidate, candidate);
    assert.equal(followUp.follow_up_slug, "login-integration-blocked-0123456");
    assert.deepEqual([followUp.status, followUp.attempt, followUp.reason], ["open", 1, "conflict"]);
    assert.equal(followUp.evidence[0]?.path, "src/a.ts");
    assert.equal(openFollowUp(followUp, blocked()), followUp);
  });

  test("is brought up to date when the candidate is blocked again", () => {
    const first = openFollowUp(null, blocked());
    const again = openFollowUp(
      first,
      blocked({ attempt: 2, reason: "check_failed", blockedAt: "2026-01-03T00:00:00.000Z", conflicts: [] }),
    );
    assert.equal(again.follow_up_slug, first.follow_up_slug);
    assert.deepEqual([again.attempt, again.reason, again.evidence], [2, "check_failed", []]);
    assert.deepEqual([again.opened_at, again.blocked_at], [first.opened_at, "2026-01-03T00:00:00.000Z"]);
  });

  test("is not changed by a late word about an older attempt", () => {
    const second = openFollowUp(null, blocked({ attempt: 2 }));
    assert.equal(
      openFollowUp(second, blocked({ attempt: 1, blockedAt: "2026-02-01T00:00:00.000Z" })),
      second,
    );
  });

  test("is resolved once, and stays resolved against an echo", () => {
    const open = openFollowUp(null, blocked());
    const resolved = resolveFollowUp(open, "2026-01-04T00:00:00.000Z");
    assert.deepEqual([resolved.status, resolved.resolved_at], ["resolved", "2026-01-04T00:00:00.000Z"]);
    assert.equal(resolveFollowUp(resolved, "2027-01-01T00:00:00.000Z"), resolved);
    assert.equal(openFollowUp(resolved, blocked()), resolved);
  });

  test("opens again when a retried candidate is blocked again", () => {
    const resolved = resolveFollowUp(openFollowUp(null, blocked()), "2026-01-04T00:00:00.000Z");
    const again = openFollowUp(resolved, blocked({ attempt: 2, blockedAt: "2026-01-05T00:00:00.000Z" }));
    assert.deepEqual([again.status, again.resolved_at], ["open", null]);
  });

  test("ends the same however often each word of its story is repeated", () => {
    const words = [1, 2, 3].map(
      (attempt) => (known: FollowUp | null) =>
        openFollowUp(known, blocked({ attempt, blockedAt: `2026-01-0${attempt}T00:00:00.000Z` })),
    );
    const once = words.reduce<FollowUp | null>((known, say) => say(known), null);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 4 }), { minLength: 3, maxLength: 3 }), (repeats) => {
        const told = words.flatMap((say, index) =>
          Array.from({ length: 1 + (repeats[index] ?? 0) }, () => say),
        );
        assert.deepEqual(
          told.reduce<FollowUp | null>((known, say) => say(known), null),
          once,
        );
      }),
    );
  });
});

suite("a follow-up's slug", () => {
  test("cuts a slug of more than 36 characters to 29, a hyphen and six digits", () => {
    const fits = "a".repeat(36);
    assert.equal(followUpSlug({ slug: fits, sha }), `${fits}-integration-blocked-0123456`);
    assert.match(
      followUpSlug({ slug: "b".repeat(37), sha }),
      /^b{29}-[0-9a-f]{6}-integration-blocked-0123456$/,
    );
  });

  test("is always a slug, stable, and differs for long slugs that begin alike", () => {
    const slug = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/);
    fc.assert(
      fc.property(slug, (text) => {
        const name = followUpSlug({ slug: text, sha });
        assert.match(name, /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/);
        assert.equal(name, followUpSlug({ slug: text, sha }));
      }),
    );
    const long = "x".repeat(60);
    assert.notEqual(followUpSlug({ slug: `${long}a`, sha }), followUpSlug({ slug: `${long}b`, sha }));
  });

  test("of a follow-up of a follow-up is a slug too", () => {
    const once = followUpSlug({ slug: "a".repeat(36), sha });
    assert.ok(followUpSlug({ slug: once, sha }).length <= 64);
  });
});

suite("a follow-up's texts", () => {
  test("show the reason, both sides, main's commits and what was seen", () => {
    const text = requirementsText(blocked());
    for (const part of ["conflict", "src/a.ts", "main's line", "the branch's line", "ccccccc", "Done when"]) {
      assert.ok(text.includes(part), part);
    }
  });

  test("name a side that is not there, and one that cannot be shown", () => {
    const theirs = { mode: "100644", id: "b".repeat(40), excerpt: null };
    const [conflict] = blocked().conflicts;
    const text = requirementsText(
      blocked({ conflicts: conflict ? [{ ...conflict, ours: null, theirs }] : [] }),
    );
    assert.match(text, /On main: not there\./);
    assert.match(text, /binary or too large/);
  });

  test("cut a long list and a long excerpt, and say so", () => {
    const [conflict] = blocked().conflicts;
    const many = Array.from({ length: 60 }, () => conflict).filter((one) => one !== undefined);
    assert.match(requirementsText(blocked({ conflicts: many })), /And 10 more conflicts/);
    const output = Array.from({ length: 500 }, (_, index) => `line ${index}`);
    assert.ok(!requirementsText(blocked({ diagnostics: output })).includes("line 400"));
  });

  test("let no control character and no bidi character through", () => {
    const evil = "\u001b[31m\u202e\u0007\u009b";
    const text =
      requirementsText(
        blocked({
          candidate: { ...candidate, branch: `b${evil}` },
          diagnostics: [`d${evil}`],
          conflicts: blocked().conflicts.map((one) => ({
            ...one,
            path: `p${evil}\n`,
            kind: evil,
            message: evil,
          })),
        }),
      ) + planText(blocked({ candidate: { ...candidate, branch: `b${evil}` } }));
    assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u);
  });

  test("cannot be broken out of by backticks in what they quote", () => {
    const text = requirementsText(
      blocked({ conflicts: [], diagnostics: ["```", "# not a heading", "`````"] }),
    );
    assert.match(text, /^``````\n```\n# not a heading\n`````\n``````$/m);
  });

  test("give each reason steps and commands", () => {
    for (const reason of reasonCodes) {
      const plan = planText(blocked({ reason }));
      assert.match(plan, /^1\. /m);
      assert.match(plan, /```sh\nsignalbox /);
      assert.doesNotMatch(plan, /SLUG|BRANCH/);
    }
  });

  test("quote a branch so that a copied command runs nothing else", () => {
    for (const branch of ["a$(touch x)", "a;b", "a'b", "`id`", "a&b|c", '"a"', "$&", "a b"]) {
      const printed = execFileSync("/bin/sh", ["-c", `printf %s ${shellWord(branch)}`], { encoding: "utf8" });
      assert.equal(printed, branch);
      const plan = planText(blocked({ candidate: { ...candidate, branch } }));
      assert.ok(plan.includes(`signalbox submit ${shellWord(branch)} --slug login\n`), plan);
    }
  });
});
