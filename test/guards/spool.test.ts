import assert from "node:assert/strict";
import { mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { AtomicWriter } from "../../src/events/atomic-write.ts";
import { guardPlaces } from "../../src/guards/places.ts";
import { countWaiting, sayBlocked } from "../../src/guards/spool.ts";
import { entriesOf, startBus } from "../events/bus.ts";
import { openYard, type Yard } from "./yard.ts";

/** Two pushes of main that were stopped. */
async function stoppedTwice(yard: Yard): Promise<string> {
  await yard.world.commit(yard.world.clone, { "x.txt": "x\n" });
  const env = { SIGNALBOX_SESSION_ID: "build-login-7" };
  for (const url of ["origin", `https://ada:s3cret@example.org/${yard.world.origin}`])
    await yard.type(join(yard.world.clone, ".git/hooks/pre-push"), [url, yard.world.origin], {
      env,
      stdin: `HEAD ${"1".repeat(40)} refs/heads/main ${"2".repeat(40)}\n`,
    });
  return guardPlaces(yard.privateDir).spool;
}

test("what was stopped is said once, oldest first, and is gone then; no password is in it", async (t) => {
  const [yard, bus] = [await openYard(t, { guarded: true }), await startBus(t)];
  const spool = await stoppedTwice(yard);
  assert.equal(await countWaiting(yard.privateDir), 2);
  assert.equal(await sayBlocked(yard.privateDir, bus.writer), 2);
  assert.deepEqual(await readdir(spool), []);
  const said = (await entriesOf(bus)).map(({ text }) => JSON.parse(text).data);
  assert.deepEqual(
    said.map(({ actor, ref }) => [actor, ref]),
    [
      ["build-login-7", "refs/heads/main"],
      ["build-login-7", "refs/heads/main"],
    ],
  );
  assert.deepEqual(said[0].command, "git push origin HEAD:refs/heads/main");
  assert.equal(JSON.stringify(said).includes("s3cret"), false);
  assert.equal(await sayBlocked(yard.privateDir, bus.writer), 0);
});

test("while nothing can be said it stays; said twice, because the crash came in between, it is one event", async (t) => {
  const [yard, bus] = [await openYard(t, { guarded: true }), await startBus(t)];
  const spool = await stoppedTwice(yard);
  const away: AtomicWriter = { write: () => Promise.reject(new Error("away")) };
  await assert.rejects(sayBlocked(yard.privateDir, away), /away/);
  assert.equal(await countWaiting(yard.privateDir), 2);
  // Dies after the event is written, before the file is gone.
  const dying: AtomicWriter = {
    async write(request) {
      await bus.writer.write(request);
      throw new Error("killed");
    },
  };
  await assert.rejects(sayBlocked(yard.privateDir, dying), /killed/);
  assert.equal((await readdir(spool)).length, 2);
  await sayBlocked(yard.privateDir, bus.writer);
  assert.equal((await entriesOf(bus)).length, 2);
});

test("what is no note is taken away, drafts are left to their scripts for an hour, folders are nobody's", async (t) => {
  const [yard, bus] = [await openYard(t, { guarded: true }), await startBus(t)];
  const { spool } = guardPlaces(yard.privateDir);
  await writeFile(join(spool, "1-0"), "something else\n");
  await writeFile(join(spool, "2-0"), `signalbox-block 1\n\n\n\n${"y".repeat(100_000)}`);
  await writeFile(join(spool, ".3-0"), "half");
  await writeFile(join(spool, ".4-0"), "long dead");
  await utimes(join(spool, ".4-0"), 1, 1);
  await mkdir(join(spool, "folder"));
  assert.equal(await sayBlocked(yard.privateDir, bus.writer), 1);
  assert.deepEqual((await readdir(spool)).sort(), [".3-0", "folder"]);
  await rm(spool, { recursive: true });
  assert.equal(await sayBlocked(yard.privateDir, bus.writer), 0);
  assert.equal(await countWaiting(yard.privateDir), 0);
});
