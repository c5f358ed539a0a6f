import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSlug } from "../../../../src/git/names.ts";
import { endingLines } from "../../../../src/surfaces/cli/demo/ending.ts";
import { fixScript, roadmap, workerScript, workers } from "../../../../src/surfaces/cli/demo/story.ts";
import { beginning, follow, parseTold, tell } from "../../../../src/surfaces/cli/demo/telling.ts";
import { plain } from "../plain.ts";

const domain = "domain.software-development.";
const told = (type: string, subject: string | null, fields: Record<string, unknown> = {}) => ({
  type: `${domain}${type}`,
  subject,
  fields,
});

test("the story is five workers with good slugs, two of whom want the same place", () => {
  assert.equal(workers.length, 5);
  for (const worker of workers) {
    assert.equal(checkSlug(worker.slug), null);
    assert.match(workerScript(worker), /^#!\/bin\/sh\nset -eu\n[\s\S]*signalbox submit --approved-by \w+\n$/);
    assert.ok(roadmap().includes(`- slug: ${worker.slug}`));
  }
  const disputed = workers.filter((worker) => workerScript(worker).includes("src/prices.js"));
  assert.equal(disputed.length, 2);
  assert.match(fixScript(workers[3] ?? assert.fail()), /git merge[\s\S]*signalbox submit/);
});

test("events that matter become a line, others none", () => {
  const blocked = told("deployment.failed", "discounts", {
    reason: "conflict",
    conflict_evidence: [{ path: "src/prices.js" }],
    follow_up_slug: "discounts-integration-blocked-aaaaaaa",
  });
  const line = tell(blocked);
  assert.equal(
    plain(line === null ? [] : [line]),
    "discounts      blocked: conflict in src/prices.js; follow-up discounts-integration-blocked-aaaaaaa",
  );
  assert.equal(tell(told("branch.pushed", null)), null);
  assert.equal(parseTold("not json"), null);
  assert.equal(parseTold('{"type":1}'), null);
  assert.equal(parseTold('{"type":"x","data":[]}')?.subject, null);
});

test("the story is over when all have landed and the integrator has ended itself", () => {
  const events = [
    told("integration.session.started", null),
    told("deployment.completed", "a"),
    told("deployment.failed", "b"),
    told("deployment.completed", "b"),
    told("integration.session.ended", null),
  ];
  const progress = events.reduce(follow, beginning);
  assert.deepEqual(progress, { integrated: ["a", "b"], blocked: ["b"], idle: true });
  const text = plain(endingLines(progress, ["abc1234 Land a"], null));
  assert.match(text, /2 integrated, 1 blocked/);
  assert.match(text, /signalbox demo --keep/);
});
