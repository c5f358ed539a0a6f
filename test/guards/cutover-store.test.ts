import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  asksPermission,
  beginCutover,
  changeCutover,
  cutoverPlace,
  keepCutover,
  lastCutover,
  readCutover,
} from "../../src/guards/cutover-store.ts";
import { entriesOf, startBus } from "../events/bus.ts";

const shipped = { enabled: true, parity_evidence_accepted: true, rollback_on_incomplete_parity: true };

async function start(t: TestContext) {
  const bus = await startBus(t);
  const privateDir = await mkdtemp(join(tmpdir(), "sbx-"));
  t.after(() => rm(privateDir, { recursive: true, force: true }));
  const placeWith = (cutover = shipped) =>
    cutoverPlace({ privateDir, config: { cutover } }, bus.keys.control, bus.redis);
  return {
    ...bus,
    privateDir,
    placeWith,
    place: placeWith(),
    /** What the scripts of the guards read. */
    guards: async () => (await readFile(join(privateDir, "guards", "mode"), "utf8")).trim(),
    async said() {
      const all = (await entriesOf(bus)).filter(({ type }) => type.endsWith("integration.cutover.changed"));
      return all.map(({ text }) => JSON.parse(text).data);
    },
  };
}

test("a decision is said with its reason in the write that makes it hold, and the guards follow", async (t) => {
  const { place, writer, guards, said } = await start(t);
  await beginCutover(place, writer);
  assert.equal(await guards(), "refuse");
  const off = await changeCutover(place, writer, { by: "ada", reason: "release day", enabled: false });
  assert.deepEqual([off.changed, off.cutover.mode, await guards()], [true, "shadow", "warn"]);
  const again = await changeCutover(place, writer, { by: "bob", reason: "too", enabled: false });
  assert.equal(again.changed, false);
  await changeCutover(place, writer, { by: "ada", reason: "done", enabled: true });
  assert.equal(await guards(), "refuse");
  assert.deepEqual(await said(), [
    { by: "ada", reason: "release day", enabled: false, parity_evidence_accepted: true },
    { by: "ada", reason: "done", enabled: true, parity_evidence_accepted: true },
  ]);
});

test("a last decision that is there and cannot be read is not taken for none: nothing goes to work", async (t) => {
  const { place, writer, privateDir, keys, redis } = await start(t);
  await changeCutover(place, writer, { by: "ada", reason: "stop", enabled: false });
  await redis.command(["DEL", keys.control]);
  assert.equal((await readCutover(place)).mode, "shadow");
  const file = join(privateDir, "cutover.json");
  await rm(file);
  await mkdir(file);
  await assert.rejects(readCutover(place), { code: "file_unreadable" });
  await assert.rejects(lastCutover(place), { code: "file_unreadable" });
});

test("who asked before a decision was taken cannot write by that answer any more", async (t) => {
  const { place, writer, keys } = await start(t);
  const ask = asksPermission(place);
  const before = await ask();
  assert.equal(before.live, true);
  await changeCutover(place, writer, { by: "ada", reason: "stop", enabled: false });
  const ops = [{ op: "set", key: keys.checkpoint, value: "x" }] as const;
  assert.equal((await writer.write({ guards: [before.guard], ops })).kind, "guard_failed");
  const now = await ask();
  assert.deepEqual([now.live, now.why], [false, "the cutover is off (ada: stop)"]);
  assert.equal((await writer.write({ guards: [now.guard], ops })).kind, "written");
});

test("two who decide at once both hold, one after the other", async (t) => {
  const { place, writer, said } = await start(t);
  await Promise.all([
    changeCutover(place, writer, { by: "ada", reason: "a", enabled: false }),
    changeCutover(place, writer, { by: "bob", reason: "b", parity_evidence_accepted: false }),
  ]);
  const { controls, decision } = await readCutover(place);
  assert.deepEqual(
    [controls.enabled, controls.parity_evidence_accepted, decision?.number],
    [false, false, 2],
  );
  assert.equal((await said()).length, 2);
});

test("a Redis that has forgotten everything does not put a line to work that was switched off", async (t) => {
  const { place, privateDir, writer, redis, said, guards } = await start(t);
  await beginCutover(place, writer);
  await changeCutover(place, writer, { by: "ada", reason: "stop", enabled: false });
  await redis.command(["FLUSHALL"]);
  assert.equal((await readCutover(place)).mode, "shadow");
  assert.equal((await asksPermission(place)()).live, false);
  await keepCutover(place, writer);
  await rm(join(privateDir, "cutover.json"));
  assert.equal((await readCutover(place)).why, "the cutover is off (ada: stop)", "Redis knows it again");
  assert.deepEqual(await said(), [], "nothing new was decided");
  assert.equal(await guards(), "warn");
});

test("a configuration that was changed while nobody served the line is said by whoever begins", async (t) => {
  const { placeWith, writer, said, privateDir } = await start(t);
  await beginCutover(placeWith(), writer);
  assert.deepEqual(await said(), [], "what it began with is no change");
  const off = { ...shipped, enabled: false };
  await beginCutover(placeWith(off), writer);
  await beginCutover(placeWith(off), writer);
  assert.deepEqual(await said(), [
    {
      by: "signalbox.yaml",
      reason: "signalbox.yaml was changed",
      enabled: false,
      parity_evidence_accepted: true,
    },
  ]);
  assert.equal((await lastCutover({ privateDir, configured: off })).mode, "shadow");
});

test("where a shadow is forbidden for want of parity, the line does not begin, and nobody can bring it there", async (t) => {
  const { placeWith, writer, said } = await start(t);
  const strict = { ...shipped, rollback_on_incomplete_parity: false };
  const incomplete = { ...strict, parity_evidence_accepted: false };
  await assert.rejects(beginCutover(placeWith(incomplete), writer), {
    code: "parity_incomplete",
    kind: "refused",
  });
  assert.equal((await asksPermission(placeWith(incomplete))()).refusal?.code, "parity_incomplete");
  await beginCutover(placeWith(strict), writer);
  const forget = { by: "ada", reason: "r", parity_evidence_accepted: false };
  await assert.rejects(changeCutover(placeWith(strict), writer, forget), { code: "parity_incomplete" });
  assert.equal((await readCutover(placeWith(strict))).mode, "live");
  assert.deepEqual(await said(), []);
});
