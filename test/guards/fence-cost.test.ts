/** What the fence costs those who do not push main. The least of many runs: a busy machine only ever adds. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { monotonicMs } from "../../src/clock.ts";
import { runChild, told } from "../world/child.ts";
import { createFenced } from "./fenced.ts";

const runs = 40;

async function leastMs(run: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let count = 0; count < runs; count++) {
    const beganMs = monotonicMs();
    await run();
    least = Math.min(least, monotonicMs() - beganMs);
  }
  return least;
}

test("an ordinary push is judged by the shell alone: no more than a few milliseconds beyond its start", async (t) => {
  await using fenced = await createFenced();
  const { world } = fenced;
  await fenced.fence("install");
  const hook = join(world.origin, "signalbox/hooks/pre-receive");
  const zeros = "0".repeat(40);
  const line = `${zeros} ${"a".repeat(40)} refs/heads/feature/a-branch-of-an-ordinary-name\n`;
  const judge = async (stdin: string) => {
    const ran = await runChild(hook, [], { cwd: world.origin, env: { GIT_DIR: "." }, stdin });
    assert.equal(ran.code, 0, told(ran));
  };
  const shell = await leastMs(() => runChild("/bin/sh", ["-c", ":"], { cwd: world.origin, env: {} }));
  const one = await leastMs(() => judge(line));
  const many = await leastMs(() => judge(line.repeat(100)));
  t.diagnostic(`shell ${shell.toFixed(1)} ms, one ref ${one.toFixed(1)} ms, a hundred ${many.toFixed(1)} ms`);
  assert.ok(one - shell < 3, `${one - shell} ms`);
  assert.ok(many - shell < 30, `${many - shell} ms`);
});
