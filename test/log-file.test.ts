import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openLogFile } from "../src/log-file.ts";
import { inTemporaryFolder } from "./world/folder.ts";

test("a log that cannot be written ends nothing", { skip: process.platform !== "linux" }, () =>
  inTemporaryFolder(async (privateDir) => {
    await mkdir(join(privateDir, "logs"));
    // Every write there fails as on a full disk.
    symlinkSync("/dev/full", join(privateDir, "logs/daemon.log"));
    const log = openLogFile(privateDir, "daemon");
    for (let line = 0; line < 3; line++) log.warn({ line }, "nobody hears it");
    // More than is kept for better times.
    for (let line = 0; line < 200; line++) log.warn({ text: "x".repeat(10_000) }, "nor this");
  }),
);

test("a log that has grown too long is begun anew, with the one before beside it", () =>
  inTemporaryFolder(async (privateDir) => {
    const file = join(privateDir, "logs/integrator.log");
    await mkdir(join(privateDir, "logs"));
    await writeFile(file, `${"x".repeat(99)}\n`.repeat(50_000));
    const [first, second] = [openLogFile(privateDir, "integrator"), openLogFile(privateDir, "integrator")];
    first.info({}, "the last line of the old one");
    first.info({}, "the first of the new one");
    second.info({}, "of another process that has the old one open");
    second.info({}, "and then the new one, too");
    assert.deepEqual((await readdir(join(privateDir, "logs"))).sort(), [
      "integrator.log",
      "integrator.log.1",
    ]);
    const [old, now] = [await readFile(`${file}.1`, "utf8"), await readFile(file, "utf8")];
    assert.match(old, /the last line of the old one/);
    assert.match(old, /of another process/);
    assert.deepEqual(
      now
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).msg),
      ["the first of the new one", "and then the new one, too"],
    );
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await rm(file);
  }));
