import assert from "node:assert/strict";
import { test } from "node:test";
import { parseParents, selectMerges } from "../../bench/replay/merges.ts";
import {
  counted,
  type GitAnswer,
  type Landed,
  noCounts,
  type Verdict,
  verdictOf,
} from "../../bench/replay/verdict.ts";

const [a, b] = ["a".repeat(40), "b".repeat(40)];

const table: [git: GitAnswer, ours: Landed, verdict: Verdict][] = [
  [{ kind: "clean", tree: a }, { kind: "merged", tree: a }, "identical"],
  [{ kind: "clean", tree: a }, { kind: "merged", tree: b }, "differs"],
  [{ kind: "clean", tree: a }, { kind: "blocked", reason: "conflict" }, "differs"],
  [{ kind: "clean", tree: a }, { kind: "already_on_main" }, "differs"],
  [{ kind: "clean", tree: a }, { kind: "blocked", reason: "too_large" }, "refused"],
  [{ kind: "clean", tree: a }, { kind: "blocked", reason: "internal" }, "differs"],
  [{ kind: "conflicting" }, { kind: "blocked", reason: "conflict" }, "blocked"],
  [{ kind: "conflicting" }, { kind: "merged", tree: a }, "differs"],
  [{ kind: "conflicting" }, { kind: "blocked", reason: "unrelated_history" }, "differs"],
  [{ kind: "nothing_to_do" }, { kind: "already_on_main" }, "already_on_main"],
  [{ kind: "nothing_to_do" }, { kind: "merged", tree: a }, "differs"],
  [{ kind: "unrelated" }, { kind: "blocked", reason: "unrelated_history" }, "unrelated"],
  [{ kind: "unrelated" }, { kind: "blocked", reason: "conflict" }, "differs"],
];

test("only the very tree that git makes is identical, and only a conflict of git's is rightly blocked", () => {
  for (const [git, ours, verdict] of table)
    assert.equal(verdictOf(git, ours), verdict, JSON.stringify([git, ours]));
});

test("every merge is counted once, and history's own tree is told apart", () => {
  const counts = table.reduce((so, [git, ours]) => counted(so, { git, ours, historyTree: a }), noCounts);
  assert.equal(counts.merges, table.length);
  const { identical_to_git, blocked, already_on_main, unrelated, refused, differs } = counts;
  assert.equal(identical_to_git + blocked + already_on_main + unrelated + refused + differs, table.length);
  assert.equal(counts.identical_to_history, 1);
  const edited = counted(noCounts, {
    git: { kind: "clean", tree: a },
    ours: { kind: "merged", tree: a },
    historyTree: b,
  });
  assert.deepEqual([edited.identical_to_git, edited.identical_to_history], [1, 0]);
});

test("merges of more than two parents are set apart", () => {
  const text = `${a} ${b} ${a}\n${b} ${a} ${b} ${a}\n`;
  assert.deepEqual(parseParents(text), { merges: [{ merge: a, first: b, second: a }], octopus: 1 });
  assert.deepEqual(parseParents(""), { merges: [], octopus: 0 });
});

test("a line with too few merges gives way to all merges, each for itself; asked for the last, it does not", async () => {
  const row = `${a} ${b} ${a}\n`;
  const revList = async (...args: string[]) => row.repeat(args.includes("--first-parent") ? 3 : 5);
  const many = async () => row.repeat(250);
  const ask = (given: typeof revList, more: { all?: boolean; last?: number }) =>
    selectMerges(given, { tip: a, all: false, last: null, ...more });
  assert.deepEqual(await ask(revList, {}).then(shapeOf), ["each", 5]);
  assert.deepEqual(await ask(revList, { last: 2 }).then(shapeOf), ["in_order", 2]);
  assert.deepEqual(await ask(many, {}).then(shapeOf), ["in_order", 250]);
  assert.deepEqual(await ask(many, { all: true, last: 7 }).then(shapeOf), ["each", 7]);
});

function shapeOf({ mode, merges }: Awaited<ReturnType<typeof selectMerges>>) {
  return [mode, merges.length];
}
