/** The demo as a newcomer runs it: it tells its story, ends well, and leaves nothing. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runChild, told } from "../../../world/child.ts";
import { processesOf } from "../../../world/leftovers.ts";
import { waitUntil } from "../../../world/wait-until.ts";
import { bin } from "../../../world/world.ts";

/** A folder of the test's own for temporary files: what the demo leaves is in it. */
async function ownPlace(t: TestContext) {
  const place = await mkdtemp(join(tmpdir(), "sb-demo-test-"));
  t.after(() => rm(place, { recursive: true, force: true }));
  return { place, env: { ...process.env, TMPDIR: place, HOME: place } };
}

test("five branches land, one after a conflict that was blocked and resolved, and nothing is left", async (t) => {
  const { place, env } = await ownPlace(t);
  const ran = await runChild(bin, ["demo"], { cwd: place, env, withinMs: 150_000 });
  assert.equal(ran.code, 0, told(ran));
  assert.equal(ran.stdout.match(/integrated on main as/g)?.length, 5, told(ran));
  assert.match(ran.stdout, /blocked: conflict in src\/prices\.js; follow-up \w/);
  assert.match(ran.stdout, /5 integrated, 1 blocked/);
  assert.equal(ran.stdout.match(/Deliver /g)?.length, 5, "each landing has its bookkeeping");
  assert.deepEqual(await readdir(place), []);
  assert.deepEqual(await processesOf(place), []);
});

test("a demo that is interrupted puts everything away", async (t) => {
  const { place, env } = await ownPlace(t);
  const child = spawn(bin, ["demo"], { cwd: place, env, stdio: ["ignore", "pipe", "ignore"] });
  let words = "";
  child.stdout.on("data", (chunk: Buffer) => {
    words += chunk.toString();
  });
  await waitUntil(async () => words.includes("signalbox is up"), {
    what: "the line is up",
    withinMs: 60_000,
  });
  child.kill("SIGINT");
  const [code] = await once(child, "exit");
  assert.equal(code, 130);
  assert.deepEqual(await processesOf(place), []);
  assert.deepEqual(await readdir(place), []);
});
