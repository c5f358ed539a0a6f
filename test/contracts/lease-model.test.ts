/**
 * The protocol of lease, fence and outcome, checked in all its interleavings (model/lease.pml), and shown to need each of
 * its parts. Needs Spin and a C compiler; where they are missing it says so, and continuous integration installs them.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const model = join(import.meta.dirname, "../../model/lease.pml");
const path = (process.env.PATH ?? "").split(delimiter);
const missing = ["spin", "gcc"].filter(
  (program) => !path.some((folder) => existsSync(join(folder, program))),
);
const skip =
  missing.length > 0 && `${missing.join(" and ")} not installed (apt-get install spin gcc libc6-dev)`;

type Verdict = { errors: number; states: number; why: string };

/** Lets Spin make a checker of the model with these definitions, and runs it to its end, or to the first error. */
async function verdictOn(t: TestContext, ...definitions: string[]): Promise<Verdict> {
  const cwd = await mkdtemp(join(tmpdir(), "signalbox-model-"));
  t.after(() => rm(cwd, { recursive: true, force: true }));
  await run("spin", ["-a", ...definitions.map((name) => `-D${name}`), model], { cwd });
  const flags = ["-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=1500"];
  await run("gcc", [...flags, "-o", "pan", "pan.c"], { cwd });
  const { stdout } = await run(join(cwd, "pan"), ["-m20000"], { cwd, maxBuffer: 1 << 24, timeout: 120_000 });
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? Number.NaN);
  assert.doesNotMatch(
    stdout,
    /max search depth too small|out of memory|reached -DMEMLIM/,
    stdout.slice(-2000),
  );
  const why = /pan:1: (.*)/.exec(stdout)?.[1] ?? "";
  return { errors: number(/errors: (\d+)/), states: number(/([\d.e+]+) states, stored/), why };
}

const whole = [
  [
    "the lease runs out, Redis forgets everything, a session dies",
    "EXPIRIES=1",
    "CRASHES=1",
    "WIPES=1",
    "PUSHES=0",
  ],
  [
    "the lease runs out, somebody else pushes main, a session dies",
    "EXPIRIES=1",
    "CRASHES=1",
    "WIPES=0",
    "PUSHES=1",
  ],
] as const;
for (const [what, ...faults] of whole)
  test(`two sessions and two candidates come to a good end, though ${what}, anywhere`, {
    skip,
  }, async (t) => {
    const { errors, states, why } = await verdictOn(t, ...faults);
    assert.equal(errors, 0, why);
    assert.ok(states > 100_000, `only ${states} states: something keeps the model from running`);
  });

const parts = {
  NO_FENCE: ["without the fence at the remote a stale session pushes", /token>=decided/],
  NO_GUARD: ["without the guard on writes something blocked is on main", /landings/],
  NO_LOOK: ["without looking first an interrupted push lands twice", /landings\[c\]<=1/],
  TWO_WRITES: ["with status and event as two writes one of them gets lost", /completed/],
  FORCED: ["with a forced push somebody else's commits get lost", /mainVersion==expected/],
  NO_FLOOR: ["without a floor from the remote an old token is given again", /token>=decided/],
} as const;
for (const [name, [what, expected]] of Object.entries(parts))
  test(`${what}: the model finds how`, { skip }, async (t) => {
    const pushes = name === "FORCED" ? "PUSHES=1" : "PUSHES=0";
    const crashes = name === "FORCED" || name === "NO_FLOOR" ? "CRASHES=0" : "CRASHES=1";
    const { errors, why } = await verdictOn(t, name, pushes, crashes);
    assert.equal(errors, 1);
    assert.match(why, expected);
  });
