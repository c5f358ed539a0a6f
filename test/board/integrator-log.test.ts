import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { integratorPid, readIntegratorLog, spokenBy } from "../../src/board/integrator-log.ts";

const entry = (pid: number, msg: string, more: Record<string, unknown> = {}) =>
  JSON.stringify({ level: 30, time: "2026-11-22T12:03:04.120Z", pid, ...more, msg });

test("only an integrator's id names an integrator", () => {
  assert.equal(integratorPid("integrator-4711"), 4711);
  for (const id of ["builder-4711", "integrator-", "integrator-1a", "integrator-../x"])
    assert.equal(integratorPid(id), null);
});

test("of the log that all integrators share, one's own lines, with their facts; what is no entry is left out", () => {
  const log = [
    'ut in two","pid":7,"msg":"x"}',
    entry(7, "took it", { slug: "a", tries: 2 }),
    entry(70, "not mine"),
    "{",
    "",
  ];
  assert.deepEqual(spokenBy(log.join("\n"), 7), ["12:03:04.120 took it slug=a tries=2"]);
});

test("the end of the log is read, control characters are shown as such, no log is no lines", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sb-log-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  assert.equal(await readIntegratorLog(folder, 7, 10), "");
  await mkdir(join(folder, "logs"));
  const many = Array.from({ length: 5000 }, (_, at) => entry(7, `step ${at}`));
  await writeFile(join(folder, "logs/integrator.log"), `${[...many, entry(7, "\u001b[2J")].join("\n")}\n`);
  const lines = (await readIntegratorLog(folder, 7, 3)).split("\n");
  assert.equal(lines.length, 4);
  assert.match(lines[1] ?? "", /step 4999$/);
  assert.doesNotMatch(lines[2] ?? "", /\p{Cc}/u);
});
