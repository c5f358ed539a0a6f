import assert from "node:assert/strict";
import { test } from "node:test";
import { remoteMark } from "../../src/git/remote-mark.ts";
import { createGitWorld } from "../world/git.ts";

const main = "refs/heads/main";

test("the mark of a folder is another one after every move of main, however its refs are kept", async () => {
  await using world = await createGitWorld();
  const { clone, origin, run } = world;
  const marks: (string | null)[] = [await remoteMark(origin, main)];
  const noteAfter = async (act: () => Promise<unknown>) => {
    await act();
    marks.push(await remoteMark(origin, main));
  };
  const push = async (name: string) => {
    await world.commit(clone, { [name]: name });
    await run(clone, "push", "--quiet", "origin", "main");
  };
  await noteAfter(() => push("a"));
  await noteAfter(() => push("b"));
  await noteAfter(() => run(origin, "pack-refs", "--all"));
  await noteAfter(() => push("c"));
  await noteAfter(async () => {
    await run(origin, "update-ref", main, `${main}~1`);
    await run(origin, "pack-refs", "--all");
  });
  assert.ok(marks.every((mark) => mark !== null));
  assert.equal(new Set(marks).size, marks.length, "each is a mark of its own");
  assert.equal(await remoteMark(origin, main), marks.at(-1), "and stays while nothing moves");
  await run(clone, "push", "--quiet", "origin", "HEAD:refs/heads/other");
  assert.equal(await remoteMark(origin, main), marks.at(-1), "other branches are no news");
});

test("a checkout and a file URL are seen into as well", async () => {
  await using world = await createGitWorld();
  const inCheckout = await remoteMark(world.clone, main);
  assert.ok(inCheckout !== null);
  assert.equal(await remoteMark(`file://${world.clone}`, main), inCheckout);
});

test("what cannot be seen from files is said, so that the remote is asked", async () => {
  await using world = await createGitWorld();
  const { origin, run } = world;
  for (const url of ["https://example.org/a.git", "me@example.org:a.git", "../origin.git", "/nowhere/at/all"])
    assert.equal(await remoteMark(url, main), null, url);
  await run(origin, "symbolic-ref", main, "refs/heads/trunk");
  assert.equal(await remoteMark(origin, main), null, "main is another branch there");
  await assert.rejects(remoteMark(origin, "../../etc/passwd"), TypeError);
});
