import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Ran, runChild } from "../world/child.ts";

const root = join(import.meta.dirname, "../..");

/** Stands for npm, which alone may change node_modules: writes down how it was called, installs what is locked. */
const npm = `
import { appendFileSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
appendFileSync("calls", JSON.stringify({ args: process.argv.slice(2), path: process.env.PATH }) + "\\n");
if (existsSync("broken")) { console.error("the registry is away"); process.exit(7); }
mkdirSync("node_modules/.bin", { recursive: true });
writeFileSync("node_modules/.bin/node", "");
copyFileSync("package-lock.json", "node_modules/.package-lock.json");
`;

const lock = {
  packages: {
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/b": { version: "2.0.0", optional: true },
  },
};

async function startClone(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "sb-setup-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "scripts"));
  await cp(join(root, "scripts/bootstrap.mjs"), join(folder, "scripts/bootstrap.mjs"));
  await writeFile(join(folder, "npm.mjs"), npm);
  const write = (name: string, value: unknown) => writeFile(join(folder, name), JSON.stringify(value));
  await write("package-lock.json", lock);
  const env = {
    PATH: [join(folder, "node_modules/.bin"), process.env.PATH ?? ""].join(delimiter),
    TMPDIR: folder,
    npm_execpath: join(folder, "npm.mjs"),
    npm_node_execpath: process.execPath,
  };
  const calls = async () =>
    (await readFile(join(folder, "calls"), "utf8").catch(() => "")).trim().split("\n");
  const run = (): Promise<Ran> => runChild(process.execPath, ["scripts/bootstrap.mjs"], { cwd: folder, env });
  return { folder, write, calls, run };
}

test("missing dependencies are installed once, with no Node from node_modules in reach, and then it is silent", async (t) => {
  const clone = await startClone(t);
  const first = await clone.run();
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /installing the dependencies/);
  const second = await clone.run();
  assert.deepEqual([second.code, second.stdout, second.stderr], [0, "", ""]);
  const calls = (await clone.calls()).map((line) => JSON.parse(line));
  assert.equal(calls.length, 1);
  assert.deepEqual(calls[0].args.slice(0, 2), ["ci", "--include=dev"]);
  assert.doesNotMatch(calls[0].path, /node_modules/);
});

test("a lock file that names something else is installed anew, an optional package of another platform is not missed", async (t) => {
  const clone = await startClone(t);
  await clone.run();
  await clone.write("node_modules/.package-lock.json", {
    packages: { "node_modules/a": { version: "1.0.0" } },
  });
  await clone.run();
  assert.equal((await clone.calls()).length, 1);
  await clone.write("package-lock.json", {
    packages: { ...lock.packages, "node_modules/a": { version: "1.0.1" } },
  });
  await clone.run();
  assert.equal((await clone.calls()).length, 2);
});

test("five at once install once", async (t) => {
  const clone = await startClone(t);
  const ran = await Promise.all(Array.from({ length: 5 }, clone.run));
  assert.deepEqual(
    ran.map(({ code }) => code),
    [0, 0, 0, 0, 0],
  );
  assert.equal((await clone.calls()).length, 1);
});

test("a failed installation is 69, with what npm said, and the next one tries again", async (t) => {
  const clone = await startClone(t);
  await clone.write("broken", true);
  const failed = await clone.run();
  assert.equal(failed.code, 69);
  assert.match(failed.stderr, /the registry is away/);
  await rm(join(clone.folder, "broken"));
  assert.equal((await clone.run()).code, 0);
});
