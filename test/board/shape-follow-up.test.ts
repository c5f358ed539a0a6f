import assert from "node:assert/strict";
import { test } from "node:test";
import { followUpNamed, followUpSchema } from "../../src/board/shape-follow-up.ts";
import { type FollowUp, openFollowUp, resolveFollowUp } from "../../src/integration/follow-up.ts";

const blockedAt = (day: number, sha: string): FollowUp =>
  openFollowUp(null, {
    candidate: { slug: "fix", branch: "fix", sha: sha.repeat(40) },
    reason: "conflict",
    attempt: 1,
    blockedAt: `2026-01-0${day}T00:00:00.000Z`,
    conflicts: [
      {
        path: "a.txt",
        kind: "content",
        message: "both changed it",
        ours: { mode: "100644", id: "b".repeat(40), excerpt: "red\n" },
        theirs: null,
        main_commits: ["c".repeat(40)],
      },
    ],
    diagnostics: ["CONFLICT"],
    nextAction: "Merge main.",
  });

test("a stored follow-up is the shape, as it is", () => {
  const followUp = blockedAt(1, "a");
  assert.deepEqual(followUpSchema.parse(followUp), followUp);
});

test("an open one counts before a resolved one, then the one blocked last; by either name", () => {
  const [first, second] = [blockedAt(1, "a"), blockedAt(2, "b")];
  const over = (one: FollowUp) => resolveFollowUp(one, "2026-01-05T00:00:00.000Z");
  assert.equal(followUpNamed([first, second], "fix"), second);
  assert.equal(followUpNamed([second, first], "fix"), second);
  assert.equal(followUpNamed([first, over(second)], "fix"), first);
  const [one, other] = [over(first), over(second)];
  assert.equal(followUpNamed([other, one], "fix"), other);
  assert.equal(followUpNamed([first, second], first.follow_up_slug), first);
  assert.equal(followUpNamed([first, second], "other"), null);
  assert.equal(followUpNamed([], "fix"), null);
});
