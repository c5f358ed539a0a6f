import assert from "node:assert/strict";
import { test } from "node:test";
import { hookFinding, wrappersFinding } from "../../../src/board/guard-findings.ts";
import { guardsShape } from "../../../src/board/shape-guard.ts";
import type { GuardState } from "../../../src/guards/guard.ts";
import { placeOnPath } from "../../../src/guards/wrappers.ts";
import { guardLines } from "../../../src/surfaces/cli/render/guard.ts";
import { paint } from "../../../src/surfaces/text.ts";

const hook: GuardState["hook"] = { kind: "on", way: "folder", former: null, why: null, past: [] };
const on: GuardState = { mode: "refuse", wrappers: "on", hook };
const silenced: GuardState = {
  ...on,
  wrappers: "absent",
  hook: { ...hook, kind: "silenced", way: "path", why: "core.hooksPath is .husky/_, so git does not run it" },
};

test("doctor says of each state of the hook whether it is well, and what to do", () => {
  const cases: [GuardState, string, RegExp][] = [
    [on, "ok", /every worktree/],
    [{ ...on, hook: { ...hook, former: "/c/.git/hooks/pre-push.before-signalbox" } }, "ok", /then runs/],
    [{ ...on, mode: "warn" }, "ok", /only warns/],
    [{ ...on, hook: { ...hook, kind: "absent" } }, "warning", /not installed/],
    [silenced, "warning", /silenced: core.hooksPath is .husky/],
    [{ ...on, hook: { ...hook, past: ["/w"] } }, "warning", /not run in \/w/],
  ];
  for (const [state, level, detail] of cases) {
    const finding = hookFinding(state);
    assert.equal(finding.level, level);
    assert.match(finding.detail, detail);
    assert.equal(finding.cure === null, level === "ok");
  }
});

test("doctor says where the wrappers are on PATH, and only worries where it matters", () => {
  const levels = (["first", "behind", "absent"] as const).flatMap((place) =>
    [true, false].map((isSession) => [place, isSession, wrappersFinding("on", { place, isSession }).level]),
  );
  assert.deepEqual(levels, [
    ["first", true, "ok"],
    ["first", false, "ok"],
    ["behind", true, "warning"],
    ["behind", false, "warning"],
    ["absent", true, "warning"],
    ["absent", false, "ok"],
  ]);
  for (const state of ["absent", "outdated"] as const)
    assert.equal(wrappersFinding(state, { place: "first", isSession: true }).level, "warning");
});

test("the wrappers are first on PATH where no other git comes before them", () => {
  const hasGit = (folder: string) => folder === "/usr/bin";
  const table = [
    ["/p/guards/bin:/usr/bin", "first"],
    ["/home/ada/bin:/p/guards/bin/:/usr/bin", "first"],
    ["/usr/bin:/p/guards/bin", "behind"],
    ["/usr/bin", "absent"],
    ["", "absent"],
  ] as const;
  for (const [path, place] of table) assert.equal(placeOnPath(path, "/p", hasGit), place, path);
});

test("the guards are shown in the words that doctor and status share", () => {
  const text = (state: GuardState) =>
    guardLines(guardsShape(state, { privateDir: "/p" }))
      .map((line) => paint(line, false))
      .join("\n");
  assert.match(text(on), /pre-push hook +on, for every worktree\ngit, gh +on, .* \/p\/guards\/bin/);
  assert.match(
    text(silenced),
    /silenced: core.hooksPath .* → signalbox guard install\ngit, gh +not installed/,
  );
  assert.match(
    text({ ...on, mode: "warn", hook: { ...hook, past: ["/w"] } }),
    /warns only[\s\S]*unguarded +\/w/,
  );
});
