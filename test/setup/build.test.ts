import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { runChild, told } from "../world/child.ts";
import { approvalOf, prefix } from "../world/facts.ts";
import { openCollector, treeOf } from "../world/otlp.ts";
import { openWorld } from "../world/world.ts";

const root = join(import.meta.dirname, "../..");
/** Programs: they begin to work when they are loaded. */
const programs = ["main.js", "memory-server.js", "keeper.js"];

let built: string;
before(async () => {
  built = await mkdtemp(join(tmpdir(), "sb-build-"));
  for (const name of ["src", "scripts", "bin", "package.json", "tsconfig.json"])
    await cp(join(root, name), join(built, name), { recursive: true });
  // Linked one by one: what is compiled is cached in the folder itself.
  await mkdir(join(built, "node_modules"));
  for (const name of await readdir(join(root, "node_modules")))
    if (!name.startsWith("."))
      await symlink(join(root, "node_modules", name), join(built, "node_modules", name));
  const ran = await runChild(process.execPath, ["scripts/build.mjs"], { cwd: built, env: process.env });
  assert.deepEqual([ran.code, ran.stderr], [0, ""], told(ran));
  // As in an installed package.
  await rm(join(built, "src"), { recursive: true });
});
after(() => rm(built, { recursive: true, force: true }));

test("every part of the build loads, alone and first", async () => {
  const parts = (await readdir(join(built, "dist"))).filter(
    (name) => name.endsWith(".js") && !programs.includes(name),
  );
  assert.ok(parts.length > 20, parts.join(" "));
  for (const part of parts) {
    const code = `await import(${JSON.stringify(pathToFileURL(join(built, "dist", part)).href)})`;
    const ran = await runChild(process.execPath, ["--input-type=module", "-e", code], {
      cwd: built,
      env: process.env,
    });
    assert.deepEqual([ran.code, ran.stderr], [0, ""], `${part}: ${told(ran)}`);
  }
});

test("the build answers as the sources do, remembers what it checked, and believes a changed signalbox.yaml at once", async () => {
  await using world = await openWorld({ config: { retention: "20d" } });
  const bin = join(built, "bin/signalbox");
  const run = (...args: string[]) => runChild(bin, args, { cwd: world.clone, env: world.env });
  const status = async () => {
    const ran = await run("status", "--json");
    assert.equal(ran.code, 0, told(ran));
    return JSON.parse(ran.stdout);
  };
  const known = join(world.home, ".known/answers.json");
  // The world itself may run a build.
  await rm(known, { force: true });
  const first = await status();
  assert.deepEqual(first, await world.json("status"));
  assert.equal((await stat(known)).mode & 0o777, 0o600);
  assert.deepEqual(await status(), first);

  const file = join(world.clone, "signalbox.yaml");
  await writeFile(file, "main: trunk\n");
  assert.equal((await status()).main, "trunk");
  await writeFile(file, "mian: trunk\n");
  for (let time = 0; time < 2; time++) {
    const refused = await run("status");
    assert.equal(refused.code, 2, told(refused));
    assert.match(refused.stderr, /mian: unknown key; did you mean main\?/);
  }
  await writeFile(known, "{");
  await writeFile(file, "main: main\n");
  assert.equal((await status()).main, "main");

  const session = await run("integrate", "--grace", "1ms", "--json");
  assert.equal(session.code, 0, told(session));
  assert.equal(JSON.parse(session.stdout).end, "drained");
});

test("the build tells traces as the sources do", async () => {
  await using collector = await openCollector();
  await using world = await openWorld();
  const said = JSON.stringify(approvalOf({ slug: "cart" }));
  const ran = await runChild(
    join(built, "bin/signalbox"),
    ["events", "emit", `${prefix}review.approved`, "--data", said],
    { cwd: world.clone, env: { ...world.env, ...collector.env } },
  );
  assert.deepEqual([ran.code, ran.stderr], [0, ""], told(ran));
  assert.deepEqual(treeOf(collector.spans()), ["signalbox events emit", "  emit review.approved"]);
});
