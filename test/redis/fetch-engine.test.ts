import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { execa } from "execa";
import { connect } from "../../src/redis/connection.ts";
import { openEngine, stopEngine } from "../../src/redis/engine.ts";
import { fetchEngine, installCommand } from "../../src/redis/fetch-engine.ts";
import { findTestServer } from "../world/redis.ts";

const path = process.env.PATH ?? "";

test("the distribution's server is fetched whole, twice at once, installs nothing, and serves", async (t) => {
  if ((await execa("apt-get", ["--version"], { reject: false })).failed) return t.skip("no apt here");
  // The copies of `npm test` came this way already: where the network is away, that must do.
  const home = await mkdtemp(join(tmpdir(), "sb-fetch-"));
  t.after(() => rm(home, { recursive: true, force: true }));
  const enginesDir = join(home, "engines");
  const before = await installed();
  const options = { enginesDir, path, progress: () => undefined };
  const [first, second] = await Promise.all([fetchEngine(options), fetchEngine(options)]);
  if (first.kind === "impossible" && /fetch|resolve|update|download/i.test(first.reason)) {
    return t.skip(`no package source answers: ${first.reason}`);
  }
  assert.ok(first.kind === "fetched" && second.kind === "fetched", JSON.stringify([first, second]));
  assert.equal(first.binary.path, second.binary.path);
  const name = `${first.binary.family}-${first.binary.version}-${process.arch}`;
  assert.deepEqual(await readdir(enginesDir), [name]);
  assert.equal(await installed(), before);
  // Alone on a machine that has none.
  const place = { privateDir: join(home, "shop"), runtimeDir: null, temporaryDir: tmpdir(), url: null };
  const engine = await openEngine({ ...place, home, path: "" });
  try {
    assert.equal(engine.version, first.binary.version);
    const redis = await connect(engine.target);
    assert.equal(await redis.command(["EVAL", "return cjson.encode({1})", 0]), "[1]");
    await redis.close();
  } finally {
    await stopEngine(place);
  }
});

test("without apt it is impossible, with the reason, and leaves no folder", async (t) => {
  const home = await mkdtemp(join(tmpdir(), "sb-fetch-"));
  t.after(() => rm(home, { recursive: true, force: true }));
  const enginesDir = join(home, "engines");
  const outcome = await fetchEngine({ enginesDir, path: "/nowhere", progress: () => undefined });
  assert.deepEqual(outcome, { kind: "impossible", reason: "there is no apt-get" });
  assert.deepEqual(await readdir(home), []);
  assert.match(await installCommand("/nowhere"), /^Install Redis 7\.0/);
  assert.ok(findTestServer());
});

async function installed(): Promise<string> {
  return (await execa("dpkg-query", ["-W"])).stdout;
}
