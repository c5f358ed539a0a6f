import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { identify } from "../src/process-identity.ts";

test("a process that cannot be looked at does not pass for dead", {
  skip: process.platform !== "linux",
}, async () => {
  const script = `
    const { openSync } = await import("node:fs");
    const { identify } = await import(${JSON.stringify(import.meta.resolve("../src/process-identity.ts"))});
    if ((await identify(process.ppid)) === null) throw new Error("it does not find who started it");
    try { for (;;) openSync("/dev/null", "r"); } catch {}
    await identify(process.ppid).then(
      (found) => process._rawDebug("answered " + JSON.stringify(found)),
      (error) => process._rawDebug("threw " + error.code),
    );`;
  const limited = ["-c", 'ulimit -n 64; exec "$0" "$@"', process.execPath, "--no-warnings"];
  const ran = await promisify(execFile)("/bin/sh", [...limited, "--input-type=module", "--eval", script]);
  assert.equal(ran.stderr.trim(), "threw EMFILE");
});

test("a process is named by more than its number, and one that is gone by nothing", async () => {
  const own = await identify(process.pid);
  assert.equal(own?.pid, process.pid);
  assert.match(own?.startTime ?? "", /\S/);
  for (const nobody of [0, -1, 1.5, Number.NaN, 2 ** 30]) assert.equal(await identify(nobody), null);
});
