/** The replay as a person runs it, on a small history made here; real git, Redis and daemon. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openPlace, type Place } from "../../bench/ground/place.ts";
import { runChild, told } from "../world/child.ts";
import { processesOf } from "../world/leftovers.ts";

test("a history's merges land in order: the clean with git's trees, the conflicting blocked, nothing left", async () => {
  await using place = await openPlace();
  const history = await makeHistory(place);
  const before = await place.git(history, ["count-objects", "--verbose"]);
  const ran = await runChild(
    process.execPath,
    [join(import.meta.dirname, "../../bench/main.ts"), "replay", history, "--last", "10", "--json"],
    { cwd: place.directory, env: place.env, withinMs: 120_000 },
  );
  assert.equal(ran.code, 0, told(ran));
  const { verify, mode, merges, clean, ...rest } = JSON.parse(ran.stdout);
  assert.deepEqual([mode, merges, clean], ["in_order", 5, 3]);
  const { identical_to_git, identical_to_history, conflicting, blocked, differs } = rest;
  // One of the clean merges was edited by its author.
  assert.deepEqual([identical_to_git, identical_to_history], [3, 2]);
  assert.deepEqual([conflicting, blocked, rest.already_on_main, differs], [1, 1, 1, 0]);
  assert.deepEqual(verify, { landings: 3, mismatches: 0 });
  assert.equal(
    await place.git(history, ["count-objects", "--verbose"]),
    before,
    "the history was written to",
  );
  assert.deepEqual(await readdir(join(place.directory, "tmp")), [], "the replay left files");
  assert.deepEqual(await processesOf(place.directory), [], "the replay left processes");
});

/**
 * Clean; a conflict; edited by its author; one whose branch brings what main has already; and one that left main after
 * the conflict was resolved, which is clean only where the landed main has history's own commits as ancestors.
 */
async function makeHistory(place: Place): Promise<string> {
  const directory = join(place.directory, "history.git");
  await place.git(place.directory, ["init", "--quiet", "--bare", "--initial-branch=main", directory]);
  const blob = (path: string, text: string) => `M 100644 inline ${path}\ndata ${text.length}\n${text}\n`;
  let mark = 0;
  const commit = (ref: string, parents: number[], changes: string) => {
    mark += 1;
    const [from, ...merged] = parents.map((parent) => `:${parent}`);
    const head = `commit refs/heads/${ref}\nmark :${mark}\ncommitter A <a@b> ${1_700_000_000 + mark} +0000\ndata 1\nx\n`;
    const lines = [from ? `from ${from}\n` : "", ...merged.map((one) => `merge ${one}\n`)];
    return `${head}${lines.join("")}${changes}`;
  };
  const text = [
    commit("main", [], blob("a", "one\n") + blob("b", "one\n")),
    commit("clean", [1], blob("c", "new\n")),
    commit("conflict", [1], blob("a", "theirs\n")),
    commit("edited", [1], blob("d", "new\n")),
    commit("same", [1], blob("b", "two\n")),
    commit("main", [1], blob("a", "ours\n")),
    commit("main", [6, 2], blob("c", "new\n")),
    commit("main", [7, 3], blob("a", "resolved\n")),
    commit("later", [8], blob("a", "resolved\nmore\n")),
    commit("main", [8], blob("b", "two\n")),
    commit("main", [10, 4], blob("d", "edited\n")),
    commit("main", [11, 5], ""),
    commit("main", [12, 9], blob("a", "resolved\nmore\n")),
  ].join("");
  await place.git(directory, ["fast-import", "--quiet"], text);
  return directory;
}
