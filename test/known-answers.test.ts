import assert from "node:assert/strict";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openKnownAnswers } from "../src/known-answers.ts";

async function placeFor(t: TestContext, rules = "1") {
  const home = await mkdtemp(join(tmpdir(), "sb-known-"));
  t.after(() => rm(home, { recursive: true, force: true }));
  const folder = join(home, ".known");
  return { home, place: { folder, rules }, file: join(folder, "answers.json") };
}

/** A place where "q" has the answer {a: [1]}. */
async function taught(t: TestContext) {
  const given = await placeFor(t);
  await (await openKnownAnswers(given.place)).remember("q", { a: [1] });
  const recall = async () => (await openKnownAnswers(given.place)).recall("q");
  assert.deepEqual(await recall(), { a: [1] });
  return { ...given, recall };
}

test("an answer is known to the next process, for its own question only", async (t) => {
  const { place } = await taught(t);
  await (await openKnownAnswers(place)).remember("other", "b");
  const answers = await openKnownAnswers(place);
  assert.deepEqual([answers.recall("q"), answers.recall("other")], [{ a: [1] }, "b"]);
  assert.equal(answers.recall("Q"), undefined);
});

test("by other rules nothing is known, and what is learned then leaves the former as it was", async (t) => {
  const { place, recall } = await taught(t);
  const newer = { ...place, rules: "2" };
  assert.equal((await openKnownAnswers(newer)).recall("q"), undefined);
  await (await openKnownAnswers(newer)).remember("q", "new");
  assert.equal((await openKnownAnswers(newer)).recall("q"), "new");
  assert.deepEqual(await recall(), { a: [1] });
});

test("only this user can read what is kept", async (t) => {
  const { place, file } = await taught(t);
  assert.equal((await stat(place.folder)).mode & 0o777, 0o700);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(place.folder), ["answers.json"]);
});

test("a file that says anything else is no answer, and is replaced by the next one", async (t) => {
  const { place, file, recall } = await taught(t);
  const whole = await readFile(file, "utf8");
  const wrong = [
    "",
    whole.slice(0, -2),
    "null",
    "{}",
    "[]",
    '"1\\nq"',
    JSON.stringify([null, 1, [], ["1\nq"], [1, 2], "1\nq", { 0: "1\nq", 1: 2 }]),
    whole.replace("1\\nq", "q"),
  ];
  for (const text of wrong) {
    await writeFile(file, text);
    assert.equal(await recall(), undefined, text);
    await (await openKnownAnswers(place)).remember("q", "again");
    assert.equal(await recall(), "again", text);
  }
});

test("what others could have written is not believed", async (t) => {
  const { home, place, file, recall } = await taught(t);
  for (const mode of [0o620, 0o602, 0o666]) {
    await chmod(file, mode);
    assert.equal(await recall(), undefined, `a file of mode ${mode.toString(8)}`);
  }
  await chmod(file, 0o600);
  for (const mode of [0o750, 0o705, 0o777]) {
    await chmod(place.folder, mode);
    assert.equal(await recall(), undefined, `a folder of mode ${mode.toString(8)}`);
    // Nothing is put there either.
    await (await openKnownAnswers(place)).remember("more", 1);
    assert.deepEqual(await readdir(place.folder), ["answers.json"]);
  }
  await chmod(place.folder, 0o700);
  assert.deepEqual(await recall(), { a: [1] });

  const elsewhere = join(home, "elsewhere.json");
  await writeFile(elsewhere, await readFile(file), { mode: 0o600 });
  await rm(file);
  await symlink(elsewhere, file);
  assert.equal(await recall(), undefined, "a link");
  await rm(file);
  await mkdir(file);
  assert.equal(await recall(), undefined, "a folder");
});

test("what another user owns is not believed", { skip: process.geteuid?.() !== 0 }, async (t) => {
  const { place, file, recall } = await taught(t);
  await chown(file, 65_534, 65_534);
  assert.equal(await recall(), undefined);
  await chown(file, 0, 0);
  await chown(place.folder, 65_534, 65_534);
  assert.equal(await recall(), undefined);
});

test("nothing is made where Signalbox never had a home, and nothing fails where it cannot write", async (t) => {
  const { home, place } = await placeFor(t);
  const nowhere = { ...place, folder: join(home, "none", ".known") };
  await (await openKnownAnswers(nowhere)).remember("q", 1);
  assert.deepEqual(await readdir(home), []);
  await writeFile(place.folder, "a file is in the way");
  await (await openKnownAnswers(place)).remember("q", 1);
  assert.equal((await openKnownAnswers(place)).recall("q"), undefined);
});

test("what JSON would change is not kept", async (t) => {
  const { place } = await placeFor(t);
  const answers = await openKnownAnswers(place);
  for (const value of [{ a: undefined }, [Number.NaN], { at: new Date(0) }, new Map([[1, 2]]), -0])
    await answers.remember("q", value);
  assert.equal((await openKnownAnswers(place)).recall("q"), undefined);
});

test("the newest answers are kept, a very long question never", async (t) => {
  const { place, file } = await placeFor(t);
  for (let at = 0; at < 60; at++) await (await openKnownAnswers(place)).remember(`q${at}`, at);
  const answers = await openKnownAnswers(place);
  assert.equal(answers.recall("q59"), 59);
  assert.equal(answers.recall("q0"), undefined);
  assert.ok((await stat(file)).size < 1000);
  await answers.remember("x".repeat(100_000), 1);
  assert.ok((await stat(file)).size < 1000);
});

test("many that learn at once leave a whole file and nothing beside it", async (t) => {
  const { place } = await placeFor(t);
  const all = await Promise.all(Array.from({ length: 12 }, () => openKnownAnswers(place)));
  await Promise.all(all.map((answers, at) => answers.remember(`q${at}`, at)));
  const answers = await openKnownAnswers(place);
  assert.ok(all.some((_, at) => answers.recall(`q${at}`) === at));
  assert.deepEqual(await readdir(place.folder), ["answers.json"]);
});
