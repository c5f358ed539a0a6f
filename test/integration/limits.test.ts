import assert from "node:assert/strict";
import { test } from "node:test";
import { trackingRef } from "../../src/git/line-repository.ts";
import { landingProblem } from "../../src/integration/hands/limits.ts";
import { createGitWorld } from "../world/git.ts";

const limits = {
  files: 10,
  bytes: 1_000_000,
  submodules: "allow",
  symlinks: "allow",
  rounds: 3,
  roleMs: { prepare: 1, build: 1, review: 1, fix: 1, finalize: 1 },
} as const;

test("what would land is judged by its size and its paths", async () => {
  await using world = await createGitWorld();
  const small = await world.branch("small", { a: "1\n" });
  const names = Array.from({ length: 11 }, (_, index) => [`f${index}`, "x\n"]);
  const many = await world.branch("many", Object.fromEntries(names));
  const big = await world.branch("big", { big: Buffer.alloc(1_000_001) });
  const odd = await world.branch("odd", { "aux.txt": "x\n", link: { symlink: "a" } });
  const link = await world.branch("link", { link: { symlink: "a" } });
  const line = await world.line();
  const refs = ["main", "small", "many", "big", "odd", "link"].map((name) => `refs/heads/${name}`);
  const fetched = await line.fetch(refs.map((ref) => ({ ref, into: trackingRef(ref) })));
  const main = (fetched.kind === "fetched" && fetched.refs.get("refs/heads/main")) || "";
  const code = async (sha: string, changed: Partial<typeof limits> | { symlinks: "forbid" } = {}) => {
    const { tree } = await line.objects.readCommit(sha);
    const brought = await line.newObjects(main, [sha], { objects: 1000, bytes: limits.bytes });
    const problem = await landingProblem(line, { main, tree, brought }, { ...limits, ...changed });
    return problem?.reason ?? null;
  };
  assert.equal(await code(small), null);
  assert.equal(await code(many), "too_large");
  assert.equal(await code(big), "too_large");
  assert.equal(await code(odd), "unsafe_path");
  assert.equal(await code(link), null);
  assert.equal(await code(link, { symlinks: "forbid" }), "unsafe_path");
});
