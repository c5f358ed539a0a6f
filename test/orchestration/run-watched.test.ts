import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { endGroup, runWatched, type WatchedCommand } from "../../src/orchestration/run-watched.ts";
import { identify, isRunning, type ProcessIdentity } from "../../src/process-identity.ts";
import { waitUntil } from "../world/wait-until.ts";

function shell(script: string, more: Partial<WatchedCommand> = {}) {
  return runWatched({
    argv: ["/bin/sh", "-c", script],
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    silenceLimitMs: 60_000,
    began: async () => {},
    ...more,
  });
}

/** The processes whose ids a script has printed, as long as they live. */
async function livingOf(output: Buffer): Promise<ProcessIdentity[]> {
  const pids = output.toString().match(/\d+/g) ?? [];
  const found = await Promise.all(pids.map((pid) => identify(Number(pid))));
  return found.filter((one) => one !== null);
}

suite("a watched command", () => {
  test("ends well, with what it printed on both ways", async () => {
    const ran = await shell("echo out; echo err >&2");
    assert.deepEqual([ran.why, ran.exitCode], [null, 0]);
    assert.deepEqual(ran.lastLines.toSorted(), ["err", "out"]);
  });

  const failures: [
    string,
    Promise<{ why: string | null; exitCode: number | null }>,
    RegExp,
    number | null,
  ][] = [
    ["its exit code", shell("exit 9"), /exit code 9/, 9],
    ["the signal that ended it", shell("kill -TERM $$"), /SIGTERM/, null],
    ["that it is not there", shell("", { argv: ["/nowhere/at/all"] }), /ENOENT/, null],
    ["that its folder is not there", shell("true", { cwd: "/nowhere" }), /ENOENT/, null],
  ];
  for (const [what, running, why, exitCode] of failures)
    test(`tells ${what}`, async () => {
      const ran = await running;
      assert.match(ran.why ?? "", why);
      assert.equal(ran.exitCode, exitCode);
    });

  test("that says nothing for its limit is ended, with everything it started, even what ignores being asked", async () => {
    const ran = await shell("trap '' TERM; echo $$; sleep 300 & echo $!; while :; do sleep 300; done", {
      silenceLimitMs: 300,
    });
    assert.match(ran.why ?? "", /no sign of life/);
    await waitUntil(async () => (await livingOf(ran.output)).length === 0, { what: "nothing is left of it" });
  });

  test("that goes on printing may take longer than its limit", async () => {
    const ran = await shell("for i in 1 2 3 4 5 6; do echo $i; sleep 0.1; done", { silenceLimitMs: 400 });
    assert.equal(ran.why, null);
  });

  test("leaves nothing running behind, and is not held up by what holds its output open", async () => {
    const ran = await shell("sleep 300 & echo $!");
    assert.equal(ran.why, null);
    await waitUntil(async () => (await livingOf(ran.output)).length === 0, { what: "nothing is left of it" });
  });

  test("that could not be written down is ended, with the reason why, since nobody could find it again", async () => {
    const running: ProcessIdentity[] = [];
    const began = async (identity: ProcessIdentity) => {
      running.push(identity);
      throw new Error("no space left on device");
    };
    await assert.rejects(shell("sleep 300", { began }), /no space left/);
    const [own] = running;
    assert.ok(own);
    assert.equal(await isRunning(own), false);
  });

  test("can be called off", async () => {
    const off = new AbortController();
    const began = async () => off.abort();
    const ran = await shell("sleep 300", { began, signal: off.signal });
    assert.match(ran.why ?? "", /called off/);
  });

  test("that prints without end keeps its beginning and its end", async () => {
    const ran = await shell("echo first; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last");
    const text = ran.output.toString();
    assert.ok(text.startsWith("first\n") && text.endsWith("last\n"));
    assert.match(text, /bytes were cut/);
    assert.ok(text.length < 700_000);
    assert.equal(ran.lastLines.at(-1), "last");
  });
});

test("only exactly the process that was meant is ended with its group", async () => {
  const own = await identify(process.pid);
  assert.ok(own);
  await endGroup({ ...own, startTime: "0" });
  assert.ok(await isRunning(own));
});
