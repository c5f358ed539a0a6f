import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runChild, told } from "../world/child.ts";

const root = join(import.meta.dirname, "../..");

test("the package, packed and installed elsewhere, starts, answers and holds no source", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sb-pack-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const env = { ...process.env, npm_config_cache: process.env.npm_config_cache };
  // Built in a copy: the tests of others read this clone meanwhile.
  const clone = join(folder, "clone");
  await mkdir(clone);
  const skipped = new Set(["node_modules", ".git", "dist", "test", "bench"]);
  for (const name of (await readdir(root)).filter((found) => !skipped.has(found))) {
    await cp(join(root, name), join(clone, name), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(clone, "node_modules"));
  const packed = await runChild("npm", ["pack", "--json", "--silent"], {
    cwd: clone,
    env,
    withinMs: 120_000,
  });
  assert.equal(packed.code, 0, told(packed));
  const archive = (await readdir(clone)).find((name) => name.endsWith(".tgz"));
  assert.ok(archive, told(packed));

  const project = join(folder, "project");
  await mkdir(project);
  await writeFile(join(project, "package.json"), "{}");
  const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", join(clone, archive)];
  const installed = await runChild("npm", args, { cwd: project, env, withinMs: 240_000 });
  assert.equal(installed.code, 0, told(installed));

  const launcher = join(project, "node_modules/.bin/signalbox");
  const bare = { PATH: "/usr/bin:/bin", HOME: folder };
  const version = await runChild(launcher, ["--version"], { cwd: project, env: bare });
  const { version: expected } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  assert.deepEqual([version.code, version.stdout], [0, `${expected}\n`], told(version));
  const help = await runChild(launcher, ["--help"], { cwd: project, env: bare });
  assert.equal(help.code, 0, told(help));
  const inside = await readdir(join(project, "node_modules/signalbox"), { recursive: true });
  assert.deepEqual(
    inside.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts")),
    [],
  );
  // Scripts for Redis and for the shell travel along.
  const scripts = (names: string[]) => names.filter((name) => /\.(lua|sh)$/.test(name)).length;
  assert.equal(scripts(inside), scripts(await readdir(join(root, "src"), { recursive: true })));
});
