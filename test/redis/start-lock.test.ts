import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isFailure } from "../../src/errors.ts";
import { takeStartLock } from "../../src/redis/start-lock.ts";

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sb-lock-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const deadOwner = JSON.stringify({ pid: process.pid, startTime: "long ago" });

test("twenty that want it hold it one after the other, and leave nothing", async (t) => {
  const folder = await folderFor(t);
  let holders = 0;
  let most = 0;
  const work = Array.from({ length: 20 }, async () => {
    const lock = await takeStartLock(folder, 20_000);
    holders += 1;
    most = Math.max(most, holders);
    await readdir(folder);
    holders -= 1;
    await lock.release();
  });
  await Promise.all(work);
  assert.equal(most, 1);
  assert.deepEqual(await readdir(folder), []);
});

test("a living holder is waited for, and named when the wait is over", async (t) => {
  const folder = await folderFor(t);
  const lock = await takeStartLock(folder, 0);
  await assert.rejects(takeStartLock(folder, 60), (error) => {
    assert.ok(isFailure(error, "redis_start_locked"));
    assert.match(error.message, new RegExp(`process ${process.pid}`));
    return true;
  });
  const underWay = { code: "guards_changing", what: "The guards are being changed" };
  await assert.rejects(takeStartLock(folder, 60, underWay), (error) => {
    assert.ok(isFailure(error, "guards_changing"));
    assert.match(error.message, /^The guards are being changed by process/);
    return true;
  });
  await lock.release();
  await (await takeStartLock(folder, 0)).release();
});

test("the claim of a dead process is passed by many at once, and still one alone holds it", async (t) => {
  const folder = await folderFor(t);
  await writeFile(join(folder, "start.1.lock"), deadOwner);
  await writeFile(join(folder, "start.2.lock"), "");
  let holders = 0;
  const work = Array.from({ length: 10 }, async () => {
    const lock = await takeStartLock(folder, 20_000);
    holders += 1;
    assert.equal(holders, 1);
    await readdir(folder);
    holders -= 1;
    await lock.release();
  });
  await Promise.all(work);
  // The dead claims stay: a number once dead is never given again.
  assert.deepEqual((await readdir(folder)).sort(), ["start.1.lock", "start.2.lock"]);
});
