import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { test } from "node:test";
import type { Candidate } from "../../src/integration/candidate.ts";
import type { TidyNotes } from "../../src/integration/delivery.ts";
import { localLooks } from "../../src/integration/hands/local-looks.ts";
import { tidy } from "../../src/integration/hands/tidy.ts";
import { runSession } from "./session-of.ts";
import { startYard, type Yard } from "./yard.ts";

const looksOf = ({ world, clone, config }: Yard) => localLooks({ git: world.git, clone, main: config.main });

async function tidied(yard: Yard, candidate: Candidate): Promise<TidyNotes> {
  const { line, world, clone, config } = yard;
  const main = await yard.main();
  const base = {
    candidate,
    deliveryId: "d1",
    attempt: 1,
    startedAtMs: 0,
    checks: [],
    how: "pushed",
  } as const;
  const delivery = { ...base, checks: [], phase: "pushed", mergeCommit: main, mainSha: main } as const;
  const outcome = await tidy(
    { ...delivery, checks: [], deleted: [], followers: [] },
    { line, git: world.git, clone, looks: looksOf(yard), config },
  );
  assert.ok(outcome.kind === "tidied");
  return outcome.tidy;
}

const exists = async ({ world }: Yard, repository: string, ref: string) =>
  (await world.attempt(repository, "rev-parse", "--verify", "--quiet", ref)).code === 0;

test("a landing leaves no branch, no clean worktree and no kept commit; a second tidying finds nothing to do", async (t) => {
  const yard = await startYard(t);
  const candidate = await yard.queued("login");
  await runSession(yard);
  const { world } = yard;
  assert.equal(await exists(yard, world.origin, "refs/heads/login"), false);
  assert.equal(await exists(yard, world.clone, "refs/heads/login"), false);
  assert.equal(existsSync(`${world.directory}/trees/login`), false);
  assert.equal((await yard.line.kept()).size, 0);
  const again = await tidied(yard, candidate);
  assert.deepEqual(again.kept, []);
});

test("a dirty worktree, and a branch that moved on, stay: each with its reason, and the landing stands", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const dirty = await yard.queued("dirty");
  const moved = await yard.queued("moved");
  await writeFile(`${world.directory}/trees/dirty/notes.txt`, "mine\n");
  const further = await world.commit(`${world.directory}/trees/moved`, { "more.txt": "1\n" });
  await world.run(`${world.directory}/trees/moved`, "push", "--quiet", "origin", "moved");
  assert.equal((await runSession(yard)).landed, 2);
  assert.ok(existsSync(`${world.directory}/trees/dirty/notes.txt`));
  assert.ok(await exists(yard, world.clone, "refs/heads/dirty"));
  assert.equal(await world.run(world.origin, "rev-parse", "refs/heads/moved"), further);
  assert.equal(await world.run(world.clone, "rev-parse", "refs/heads/moved"), further);
  const why = async (candidate: Candidate) => (await yard.stores.queue.item(candidate))?.item.why ?? "";
  assert.match(await why(dirty), /kept the worktree .*dirty/);
  assert.match(await why(moved), /moved on/);
});

test("a clone that is gone, or a remote that is away, holds up no landing", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const candidate = await yard.queued("login");
  await rename(world.clone, `${world.clone}.away`);
  const notes = await tidied(yard, candidate);
  assert.ok(
    notes.kept.some((note) => note.startsWith("the clone: ")),
    notes.kept.join("\n"),
  );
  await rename(`${world.clone}.away`, world.clone);
  const other = await yard.queued("other");
  await rename(world.origin, `${world.origin}.away`);
  const { line, clone, config } = yard;
  const delivery = {
    candidate: other,
    deliveryId: "d2",
    attempt: 1,
    startedAtMs: 0,
    checks: [],
    how: "pushed" as const,
    phase: "pushed" as const,
    mergeCommit: other.sha,
    mainSha: other.sha,
    deleted: [],
    followers: [],
  };
  const outcome = await tidy(delivery, { line, git: world.git, clone, looks: looksOf(yard), config });
  assert.ok(
    outcome.kind === "tidied" && outcome.tidy.kept.some((note) => note.includes("could not be asked")),
  );
  await rename(`${world.origin}.away`, world.origin);
});

test("main is never tidied away, whoever hands it over as a branch", async (t) => {
  const yard = await startYard(t);
  const { world } = yard;
  const main = await yard.main();
  const candidate = await yard.handOver("odd", main, { branch: "main" });
  await yard.judge.settle(null);
  assert.equal(await yard.status(candidate), null);
  const notes = await tidied(yard, candidate);
  assert.deepEqual(notes, { done: [], kept: ["main: it is main"] });
  assert.equal(await world.run(world.origin, "rev-parse", "refs/heads/main"), main);
  assert.equal(await world.run(world.clone, "rev-parse", "refs/heads/main"), main);
});
