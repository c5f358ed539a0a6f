import assert from "node:assert/strict";
import { test } from "node:test";
import { cutoverFinding } from "../../../../src/board/guard-findings.ts";
import { cutoverShape } from "../../../../src/board/shape-cutover.ts";
import { parityShape } from "../../../../src/board/shape-parity.ts";
import { cutoverOf, decide } from "../../../../src/guards/cutover.ts";
import { cutoverLines } from "../../../../src/surfaces/cli/render/cutover.ts";
import { parityLines } from "../../../../src/surfaces/cli/render/parity.ts";
import { plain } from "../plain.ts";

const shipped = { enabled: true, parity_evidence_accepted: true, rollback_on_incomplete_parity: true };
const at = "2026-01-02T03:04:05.000Z";

test("a line that is live says so; one in shadow says who decided it, and what to do", () => {
  assert.equal(
    plain(cutoverLines(cutoverShape(cutoverOf(shipped, null)))),
    ["live: the cutover is on (signalbox.yaml).", "  cutover  on", "  parity   accepted"].join("\n"),
  );
  const off = decide(shipped, null, { by: "ada", at, reason: "release day", enabled: false });
  assert.equal(
    plain(cutoverLines(cutoverShape(cutoverOf(shipped, off)))),
    [
      "shadow: the cutover is off (ada: release day).",
      "  cutover  off",
      "  parity   accepted",
      "  decided  by ada, 2026-01-02T03:04:05.000Z: release day",
      "  → signalbox cutover enable --reason R",
    ].join("\n"),
  );
  const incomplete = { ...shipped, parity_evidence_accepted: false };
  assert.match(
    plain(cutoverLines(cutoverShape(cutoverOf(incomplete, null)))),
    /^shadow: parity is not accepted/,
  );
  const refused = cutoverShape(cutoverOf({ ...incomplete, rollback_on_incomplete_parity: false }, null));
  assert.equal(refused.mode, "refused");
  assert.match(plain(cutoverLines(refused)), /^refused: [\s\S]*→ signalbox parity, then/);
});

const report = {
  from: "a".repeat(40),
  to: "b".repeat(40),
  merges: 10,
  identical: 6,
  both_conflict: 2,
  differs: [
    {
      commit: "c".repeat(40),
      paths: ["a.txt", "b\u001b[2J.txt", "c.txt", "d.txt"],
      why: "edited in the merge",
    },
    { commit: "d".repeat(40), paths: [], why: "unrelated histories" },
  ],
  digest: "e".repeat(64),
  at,
};
const shadow = { decided: 0, agreed: 0, differs: [], waiting: 0 };
const answer = { kind: "done" as const, report, seconds: 1.23456, shadow };

test("parity is told in counts, each difference with its reason and its files, which are data", () => {
  const shape = parityShape(answer, { accepted: false, evidence: null });
  assert.deepEqual(
    [shape.share, shape.seconds, shape.accepted, shape.is_evidence],
    [0.75, 1.235, false, false],
  );
  assert.equal(
    plain(parityLines(shape)),
    [
      "10 merges, 1.2 s of git",
      "  6 identical (75.0 % of those without a conflict)",
      "  2 conflict here, too: a person resolved them",
      "  2 differ",
      "    ccccccc edited in the merge",
      "            a.txt, b\\u{1b}[2J.txt, c.txt and 1 more",
      "    ddddddd unrelated histories",
      "  report   eeeeeeeeeeee",
      "  → signalbox cutover accept-parity",
    ].join("\n"),
  );
});

test("evidence that was accepted is known by its report; a shadow is told beside it", () => {
  const differs = [
    { slug: "login", sha: "1".repeat(40), commit: "2".repeat(40), why: "edited in the merge" },
  ];
  const compared = { decided: 3, agreed: 1, differs, waiting: 1 };
  const shape = parityShape({ ...answer, shadow: compared }, { accepted: true, evidence: report.digest });
  assert.equal(shape.is_evidence, true);
  const text = plain(parityLines(shape));
  assert.match(
    text,
    /in shadow: 3 decided, 1 as others landed them, 1 not landed so far\n {4}login 2222222 edited/,
  );
  assert.match(text, /report {3}eeeeeeeeeeee, the accepted evidence$/);
  const empty = { ...report, merges: 0, identical: 0, both_conflict: 0, differs: [] };
  const none = parityShape({ ...answer, report: empty }, { accepted: true, evidence: null });
  assert.equal(none.share, null);
  assert.equal(plain(parityLines(none)), "Main has no merges, so there is nothing to compare.");
});

test("doctor is content with a live line, warns of one in shadow, and finds fault with one that may do neither", () => {
  const incomplete = { ...shipped, parity_evidence_accepted: false };
  const off = { ...shipped, enabled: false };
  const refused = { ...incomplete, rollback_on_incomplete_parity: false };
  const findings = [shipped, off, incomplete, refused].map((one) => cutoverFinding(cutoverOf(one, null)));
  assert.deepEqual(
    findings.map(({ level }) => level),
    ["ok", "warning", "warning", "error"],
  );
  assert.match(findings[1]?.cure ?? "", /cutover enable/);
  assert.match(findings[2]?.cure ?? "", /accept-parity/);
});
