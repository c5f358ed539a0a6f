import assert from "node:assert/strict";
import { test } from "node:test";
import { diskFull, exitCodes, Failure } from "../src/errors.ts";
import { gitFailed } from "../src/git/run.ts";
import { isWorldAway } from "../src/integration/world-away.ts";

const nothing = { code: 128, stdout: Buffer.alloc(0), timedOut: false, end: "exited" } as const;

test("a disk without room is the world's fault, whoever tells of it", () => {
  const thrown = [
    diskFull(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" })),
    diskFull(Object.assign(new Error("EDQUOT: disk quota exceeded, open"), { code: "EDQUOT" })),
    gitFailed(["merge-tree"], {
      ...nothing,
      stderr: "error: unable to write file: No space left on device\n",
    }),
    gitFailed(["fetch"], { ...nothing, stderr: "fatal: write error: Disk quota exceeded\n" }),
  ];
  for (const failure of thrown) {
    assert.ok(failure instanceof Failure);
    assert.deepEqual([failure.code, failure.exitCode], ["disk_full", exitCodes.temporary]);
    // No candidate is blocked for it.
    assert.ok(isWorldAway(failure));
  }
});

test("anything else is not", () => {
  for (const other of [null, "ENOSPC", new Error("no space left on device"), { code: "ENOSPC" }])
    assert.equal(diskFull(other), null);
  const failure = gitFailed(["merge-tree"], { ...nothing, stderr: "fatal: bad object\n" });
  assert.deepEqual([failure.code, isWorldAway(failure)], ["git_failed", false]);
});
