/** The bypass table: every form of writing main that we know, against each ring alone; and honest work against all three. */
import assert from "node:assert/strict";
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findGit } from "../../src/git/find-git.ts";
import { installGuards, settingsOf, uninstallGuards } from "../../src/guards/guard.ts";
import { ensureIntegratorKey } from "../../src/guards/integrator-key.ts";
import { guardPlaces } from "../../src/guards/places.ts";
import { runFence } from "../../src/guards/remote/fence.ts";
import { installWrappers } from "../../src/guards/wrappers.ts";
import { type Ran, runChild, told } from "../world/child.ts";
import { createGitWorld, type GitWorld } from "../world/git.ts";
import { type Did, forms, honest } from "./bypass-forms.ts";

type Rings = { wrapper: boolean; hook: boolean; fence: boolean };

const only = { wrapper: false, hook: false, fence: false };

/** A clone one commit ahead of its remote, with the rings asked for; put back after every form. */
async function openGround(rings: Rings) {
  const world = await createGitWorld();
  const { directory, clone, origin } = world;
  const privateDir = join(directory, "private");
  await mkdir(privateDir, { mode: 0o700 });
  await world.run(origin, "config", "receive.denyDeleteCurrent", "ignore");
  await world.run(origin, "config", "receive.advertisePushOptions", "true");
  await world.run(clone, "worktree", "add", "--quiet", "-b", "topic", join(directory, "tree"));
  await world.commit(join(directory, "tree"), { "topic.txt": "topic\n" });
  await world.commit(clone, { "main.txt": "ahead\n" });
  // A dozen files less to put back each time.
  for (const folder of [origin, join(clone, ".git")])
    await rm(join(folder, "hooks"), { recursive: true, force: true });
  await putRings(world, privateDir, rings);
  const kept = ["origin.git", "clone", "tree"];
  const copies = join(directory, "kept");
  for (const name of kept) await cp(join(directory, name), join(copies, name), { recursive: true });
  const other = join(directory, "other");
  const real = await findGit(world.env);
  const { bin } = guardPlaces(privateDir);
  const env = {
    ...world.env,
    PATH: rings.wrapper ? `${bin}:${world.env.PATH}` : (world.env.PATH ?? ""),
    ORIGIN: origin,
    CLONE: clone,
    TREE: join(directory, "tree"),
    OTHER: other,
    REAL: real,
    NODE: process.execPath,
    CLIENT: join(import.meta.dirname, "own-client.mjs"),
    LOGNAME: "ada",
  };
  return {
    world,
    /** Runs a form from the beginning; whether main (or what it means) was written. */
    async run(line: string): Promise<{ ran: Ran; moved: boolean }> {
      for (const name of kept) {
        await rm(join(directory, name), { recursive: true, force: true });
        await cp(join(copies, name), join(directory, name), { recursive: true });
      }
      await rm(other, { recursive: true, force: true });
      await mkdir(other);
      const earlier = await guardedRefs(world);
      const ran = await runChild("sh", ["-c", line], { cwd: clone, env });
      return { ran, moved: (await guardedRefs(world)) !== earlier };
    },
  };
}

async function putRings(world: GitWorld, privateDir: string, { wrapper, hook, fence }: Rings): Promise<void> {
  const { inspectClone } = await import("../../src/git/clone.ts");
  const place = {
    clone: await inspectClone(world.git, world.clone),
    config: {
      main: "main",
      remote: "origin",
      cutover: { enabled: true, parity_evidence_accepted: true, rollback_on_incomplete_parity: true },
    },
    privateDir,
    git: world.git,
    environment: { variables: world.env },
  };
  await installGuards(place);
  if (!hook) await uninstallGuards(place);
  if (wrapper) await installWrappers(await settingsOf(place));
  if (!fence) return;
  const path = world.env.PATH ?? "";
  const key = await ensureIntegratorKey({ privateDir, path });
  const options = { directory: world.origin, path, main: "main", repository: "shop", keys: [key] };
  assert.deepEqual((await runFence("install", options)).problems, []);
}

/** Everything at the remote that says what main is. */
async function guardedRefs(world: GitWorld): Promise<string> {
  const refs = await world.run(world.origin, "for-each-ref", "--format=%(refname) %(objectname) %(symref)");
  return refs
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^refs\/(heads\/main |signalbox\/|replace\/)/i.test(line))
    .join("\n");
}

type Ground = Awaited<ReturnType<typeof openGround>>;

const rings: readonly (readonly [name: string, at: 0 | 1 | 2, rings: Rings])[] = [
  ["the wrapper alone", 0, { ...only, wrapper: true }],
  ["the pre-push hook alone", 1, { ...only, hook: true }],
  ["the fence alone", 2, { ...only, fence: true }],
];

test("the table is long enough, and the fence stops all of it", () => {
  assert.ok(forms.length >= 60, `${forms.length} forms`);
  assert.deepEqual(
    forms.filter(({ rings: [, , fence] }) => fence !== "stops"),
    [],
  );
});

describe("with no ring at all, every form writes main", () => {
  let ground: Ground;
  before(async () => {
    ground = await openGround(only);
  });
  after(() => ground.world[Symbol.asyncDispose]());
  for (const { group, how, line } of forms)
    test(`${group}: ${how}`, async () => {
      const { ran, moved } = await ground.run(line);
      assert.ok(moved, told(ran));
    });
});

for (const [name, at, which] of rings)
  describe(name, () => {
    let ground: Ground;
    before(async () => {
      ground = await openGround(which);
    });
    after(() => ground.world[Symbol.asyncDispose]());
    for (const { group, how, line, rings: expected } of forms)
      test(`${expected[at]} ${group}: ${how}`, async () => {
        const { ran, moved } = await ground.run(line);
        const did: Did = moved ? "passes" : "stops";
        assert.equal(did, expected[at], told(ran));
        if (did === "stops") assert.match(ran.stderr, /signalbox: refused/, told(ran));
      });
  });

describe("all three rings", () => {
  let ground: Ground;
  before(async () => {
    ground = await openGround({ wrapper: true, hook: true, fence: true });
  });
  after(() => ground.world[Symbol.asyncDispose]());
  for (const [how, line] of honest)
    test(`let honest work pass: ${how}`, async () => {
      const { ran, moved } = await ground.run(line);
      assert.equal(ran.code, 0, told(ran));
      assert.equal(/signalbox: /.test(ran.stderr), false, told(ran));
      assert.equal(moved, false);
    });
});
