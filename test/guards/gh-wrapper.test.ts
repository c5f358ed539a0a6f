import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { installGuards } from "../../src/guards/guard.ts";
import { guardPlaces } from "../../src/guards/places.ts";
import { told } from "../world/child.ts";
import { openYard, putScript, type TypeOptions } from "./yard.ts";

/** GitHub's own server cannot be had here: a `gh` that writes down its calls, and knows the bases of three requests. */
const stand = (log: string) => `#!/bin/sh
printf '%s\\n' "$*" >> '${log}'
case "$*" in
  'pr view 1 '*|'pr view --json'*|*'/pull/1 '*) echo main ;;
  'pr view 2 '*) echo release-1 ;;
  'pr view'*) exit 1 ;;
  *) exit 42 ;;
esac
`;

async function openForge(t: TestContext) {
  const yard = await openYard(t);
  const { world } = yard;
  await world.run(world.clone, "remote", "set-url", "origin", "git@github.com:acme/shop.git");
  await installGuards(await yard.place());
  const log = join(world.directory, "gh.log");
  const bin = join(world.directory, "forge-bin");
  await putScript(join(bin, "gh"), stand(log));
  const PATH = `${guardPlaces(yard.privateDir).bin}:${bin}:${world.env.PATH}`;
  const gh = async (args: string[], options: TypeOptions = {}) => {
    await rm(log, { force: true });
    const ran = await yard.type("gh", args, { ...options, env: { ...options.env, PATH } });
    const calls = (await readFile(log, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
    return { ran, calls };
  };
  return { yard, gh };
}

const api = "repos/acme/shop";
const stopped: string[][] = [
  ["pr", "merge", "1"],
  ["pr", "merge"],
  ["pr", "merge", "1", "--squash", "--auto"],
  ["pr", "merge", "2", "--admin"],
  ["pr", "merge", "3"],
  ["pr", "merge", "-R", "acme/shop", "1"],
  ["pr", "-R", "github.com/acme/shop", "merge", "1", "-m"],
  ["pr", "merge", "--repo=Https://github.com/acme/shop", "1"],
  ["pr", "merge", "https://github.com/acme/shop/pull/1"],
  ["pr", "merge", "-b", "2", "1"],
  ["api", "-X", "PUT", `${api}/pulls/7/merge`],
  ["api", "--method=put", `/${api}/pulls/7/merge`],
  ["api", "-XPUT", "repos/{owner}/{repo}/pulls/7/merge"],
  ["api", "-X", "PUT", "repos/:owner/:repo/pulls/7/merge"],
  ["api", `${api}/merges`, "-f", "base=main", "-f", "head=topic"],
  ["api", `${api}/merges`, "--input", "-"],
  ["api", "-X", "PATCH", `${api}/git/refs/heads/main`, "-f", "sha=x"],
  ["api", "-X", "DELETE", `https://api.github.com/${api}/git/refs/heads/main`],
  ["api", `${api}/git/refs`, "-f", "ref=refs/heads/main", "-f", "sha=x"],
  ["api", "-X", "PUT", `${api}/contents/a.txt`, "-f", "message=x", "-f", "content=y"],
  ["api", "-X", "PUT", `${api}/contents/a.txt`, "-f", "branch=main"],
  ["api", "-X", "POST", `${api}/branches/topic/rename`, "-f", "new_name=main"],
  ["api", "-X", "DELETE", `${api}/branches/main/protection`],
  ["api", "-X", "PUT", `${api}/rulesets/3`, "-F", "enforcement=disabled"],
  ["api", `${api}/keys`, "-f", "key=x", "-F", "read_only=false"],
  ["api", "-X", "POST", `${api}/merge-upstream`, "-f", "branch=main"],
  ["api", "graphql", "-f", "query=mutation { mergePullRequest(input: {}) { clientMutationId } }"],
  ["api", "graphql", "-F", "query=mutation { updateRef(input: {}) { clientMutationId } }"],
  ["api", "graphql", "--input", "query.json"],
  ["repo", "sync", "acme/shop"],
  ["repo", "sync", "--source", "acme/fork", "--branch", "main"],
  ["repo", "edit", "--default-branch", "topic"],
];

const passing: string[][] = [
  ["pr", "list"],
  ["pr", "view", "1"],
  ["pr", "create", "--title", "merge", "--base", "main"],
  ["pr", "merge", "2"],
  ["pr", "merge", "1", "-R", "acme/other"],
  ["pr", "merge", "https://github.com/acme/other/pull/1"],
  ["api", `${api}/pulls/7/merge`],
  ["api", `${api}/git/refs/heads/main`],
  ["api", "-X", "GET", `${api}/contents/a.txt`, "-f", "ref=main"],
  ["api", "-X", "PUT", `${api}/contents/a.txt`, "-f", "branch=topic"],
  ["api", `${api}/merges`, "-f", "base=topic", "-f", "head=main"],
  ["api", "-X", "PATCH", `${api}/git/refs/heads/maintenance`, "-f", "sha=x"],
  ["api", "-X", "PUT", "repos/acme/other/pulls/7/merge"],
  ["api", `${api}/issues/1/comments`, "-f", "body=merges main"],
  ["api", "graphql", "-f", "query={ viewer { login } }"],
  ["repo", "sync", "ada/fork"],
  ["repo", "sync", "--branch", "topic"],
  ["repo", "edit", "--description", "x"],
  ["workflow", "run", "ci.yml"],
];

test("whatever of gh changes main of the guarded repository is stopped before the forge hears of it", async (t) => {
  const { yard, gh } = await openForge(t);
  for (const args of stopped) {
    const { ran, calls } = await gh(args);
    assert.equal(ran.code, 4, told(ran));
    assert.match(ran.stderr, /^signalbox: refused: .*\(gh wrapper\)\n.*signalbox submit\n/);
    assert.deepEqual(
      calls.filter((call) => !call.includes("pr view")),
      [],
      args.join(" "),
    );
  }
  assert.equal((await yard.notes()).length, stopped.length);
  assert.ok((await yard.notes()).every((note) => /^signalbox-block 1\ngh_(pr_merge|api|repo)\n/.test(note)));
});

test("everything else runs once, with gh's own status", async (t) => {
  const { yard, gh } = await openForge(t);
  for (const args of passing) {
    const { ran, calls } = await gh(args);
    assert.deepEqual([ran.code, ran.stderr], [args.join(" ") === "pr view 1" ? 1 : 42, ""], told(ran));
    assert.deepEqual(
      calls.filter((call) => !call.includes("baseRefName")),
      [args.join(" ")],
    );
  }
  assert.deepEqual(await yard.notes(), []);
});

test("outside the guarded repository gh is as ever; named by the environment, it is guarded from anywhere", async (t) => {
  const { yard, gh } = await openForge(t);
  const cwd = yard.world.directory;
  assert.equal((await gh(["pr", "merge", "1"], { cwd })).ran.code, 42);
  assert.equal((await gh(["pr", "merge", "1"], { cwd, env: { GH_REPO: "acme/shop" } })).ran.code, 4);
  assert.equal((await gh(["pr", "merge", "1"], { cwd, env: { GH_REPO: "acme/other" } })).ran.code, 42);
  assert.equal(
    (await gh(["pr", "merge", "1", "-R", "acme/shop"], { cwd, env: { GH_HOST: "git.acme.io" } })).ran.code,
    42,
  );
});
