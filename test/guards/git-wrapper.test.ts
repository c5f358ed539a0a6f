import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { findGit } from "../../src/git/find-git.ts";
import { uninstallGuards } from "../../src/guards/guard.ts";
import { guardPlaces } from "../../src/guards/places.ts";
import { installWrappers } from "../../src/guards/wrappers.ts";
import { told } from "../world/child.ts";
import { openYard, putScript, type TypeOptions, type Yard } from "./yard.ts";

/** Writes its arguments and input, one a line, and ends with 42. */
const recorder = (log: string) =>
  `#!/bin/sh\n{ echo "$$ begins"; for each; do printf '<%s>\\n' "$each"; done; /bin/cat; } >> '${log}'\nexit 42\n`;

/** A clone with a commit that main lacks, the wrappers, and no hook. */
async function withoutHook(t: TestContext): Promise<Yard> {
  const yard = await openYard(t, { guarded: true });
  await uninstallGuards(await yard.place());
  const { settingsOf } = await import("../../src/guards/guard.ts");
  await installWrappers(await settingsOf(await yard.place()));
  await yard.world.commit(yard.world.clone, { "new.txt": "new\n" });
  return yard;
}

describe("what is not stopped", () => {
  test("runs the tool that follows on PATH, once, with its arguments, input and exit code", async (t) => {
    const yard = await openYard(t, { guarded: true });
    const place = join(yard.world.directory, "recorded");
    const log = join(yard.world.directory, "log");
    await putScript(join(place, "git"), recorder(log));
    const { bin } = guardPlaces(yard.privateDir);
    const env = { PATH: `${bin}:${place}:/usr/bin:/bin` };
    const lines: string[][] = [
      [],
      ["status"],
      ["commit", "-m", "two\nlines and 'quotes' \\ $HOME `x`", ""],
      ["-C", "push", "log", "main"],
      ["-c", "alias.push=!x", "--git-dir", "push", "fetch", "origin", "main"],
      ["push", "origin", "HEAD:refs/heads/topic"],
      ["push", "--push-option", "main", "-o", "main", "origin", "topic", "+x:y", "tag", "main"],
      ["push", "--tags", "origin"],
      ["--version", "push", "origin", "main"].slice(0, 1),
    ];
    for (const args of lines) {
      await rm(log, { force: true });
      const ran = await yard.type("git", args, { env, stdin: "the input" });
      assert.equal(ran.code, 42, told(ran));
      const [first, ...rest] = (await readFile(log, "utf8")).split("\n");
      assert.match(first ?? "", /^\d+ begins$/);
      assert.equal(rest.join("\n"), `${args.map((each) => `<${each}>\n`).join("")}the input`);
    }
  });

  test("two repositories' wrappers one after the other hand on in turn; one last on PATH finds what is before it", async (t) => {
    const [one, other] = [await openYard(t, { guarded: true }), await openYard(t, { guarded: true })];
    const place = join(one.world.directory, "recorded");
    const log = join(one.world.directory, "log");
    await putScript(join(place, "git"), recorder(log));
    const [a, b] = [guardPlaces(one.privateDir).bin, guardPlaces(other.privateDir).bin];
    for (const path of [
      `${a}:${b}:${a}:${place}`,
      `${b}:${a}:${place}`,
      `${place}:${a}`,
      `${a}/:${place}`,
      `${place}:${b}:${a}`,
    ]) {
      await rm(log, { force: true });
      const ran = await one.type(join(a, "git"), ["status"], { env: { PATH: path } });
      assert.equal(ran.code, 42, `${path}: ${told(ran)}`);
      assert.equal((await readFile(log, "utf8")).match(/begins/g)?.length, 1, path);
    }
    await rm(place, { recursive: true });
    const none = await one.type(join(a, "gh"), ["pr", "list"], { env: { PATH: `${a}:/nowhere` } });
    assert.deepEqual([none.code, none.stderr], [127, "gh: not found\n"]);
  });

  test("pushes of branches and tags, and of main to another repository, also without the hook", async (t) => {
    const yard = await withoutHook(t);
    const { world } = yard;
    await world.run(world.directory, "init", "--quiet", "--bare", "fork.git");
    await world.run(world.clone, "remote", "add", "fork", join(world.directory, "fork.git"));
    await world.run(world.clone, "checkout", "--quiet", "-b", "topic");
    await world.run(world.clone, "tag", "v1");
    const passing = [
      ["push", "--no-verify", "origin", "topic"],
      ["push", "--no-verify", "origin", "HEAD"],
      ["push", "--no-verify", "-u", "origin", "@"],
      ["-c", "core.hooksPath=/dev/null", "push", "origin", "HEAD:refs/heads/other"],
      ["push", "--no-verify", "origin", "refs/heads/topi*:refs/heads/t*"],
      ["push", "--no-verify", "--follow-tags", "origin", "topic"],
      ["push", "--no-verify"],
      ["push", "origin", "v1"],
      ["push", "--no-verify", "fork", "main", "HEAD:topic"],
      ["push", join(world.directory, "fork.git"), "+HEAD:main"],
      ["send-pack", join(world.directory, "fork.git"), "main"],
      ["send-pack", world.origin, "HEAD:refs/heads/sent"],
    ];
    for (const args of passing) {
      const ran = await yard.type("git", args, { wrapped: true });
      assert.equal(ran.code, 0, told(ran));
    }
    assert.deepEqual(await yard.notes(), []);
    const outside = await yard.type("git", ["push", "origin", "main"], {
      wrapped: true,
      cwd: world.directory,
    });
    assert.deepEqual([outside.code, /not a git repository/.test(outside.stderr)], [128, true]);
  });

  test("our own git is never the wrapper, whoever's shell we were started from", async (t) => {
    const yard = await openYard(t, { guarded: true });
    const { bin } = guardPlaces(yard.privateDir);
    const found = await findGit({ PATH: `${bin}:${bin}/:${yard.world.env.PATH}` });
    assert.equal(found, await findGit(yard.world.env));
  });
});

describe("what is stopped, with no hook there to see it", () => {
  type Stopped = [how: string, args: (yard: Yard) => string[], options?: (yard: Yard) => TypeOptions];
  const hidden = {
    GIT_CONFIG_COUNT: "2",
    GIT_CONFIG_KEY_0: "x.y",
    GIT_CONFIG_VALUE_0: "z",
    GIT_CONFIG_KEY_1: "Core.HooksPath",
    GIT_CONFIG_VALUE_1: "/dev/null",
  };
  const stopped: Stopped[] = [
    ["by name", () => ["push", "origin", "main"]],
    ["to the short name", () => ["push", "origin", "HEAD:main"]],
    ["to heads/main", () => ["push", "origin", "HEAD:heads/main"]],
    ["to the full name", () => ["push", "origin", "HEAD:refs/heads/main"]],
    ["in another case", () => ["push", "origin", "HEAD:refs/heads/Main"]],
    ["forced", () => ["push", "origin", "+HEAD:main"]],
    ["deleted by an empty source", () => ["push", "origin", ":main"]],
    ["deleted by name", () => ["push", "--delete", "origin", "main"]],
    ["deleted, shortly", () => ["push", "origin", "-d", "heads/main"]],
    ["after --", () => ["push", "--", "origin", "main"]],
    ["by --repo", () => ["push", "--repo=origin", "origin", "main"]],
    ["behind other refspecs", () => ["push", "origin", "HEAD:a", "HEAD:main"]],
    ["by URL", (yard) => ["push", `file://${yard.world.origin}`, "HEAD:main"]],
    ["by a relative path, from a folder below", () => ["push", "../origin.git", "HEAD:main"], belowTop],
    ["from elsewhere", (yard) => ["-C", yard.world.clone, "push", "origin", "HEAD:main"], elsewhere],
    [
      "with another git folder",
      (yard) => ["--git-dir", join(yard.world.clone, ".git"), "push", yard.world.origin, "HEAD:main"],
      elsewhere,
    ],
    [
      "with options before",
      () => ["-c", "x.y=z", "--no-pager", "push", "-f", "-o", "a", "origin", "HEAD:main"],
    ],
    ["what is checked out", () => ["push"]],
    ["what is checked out, as HEAD", () => ["push", "origin", "HEAD"]],
    ["all", () => ["push", "--all", "origin"]],
    ["mirrored", () => ["push", "--mirror", "origin"]],
    ["matching", () => ["push", "origin", ":"]],
    ["by a pattern", () => ["push", "origin", "refs/heads/*:refs/heads/*"]],
    ["by configuration", () => ["-c", "remote.origin.push=HEAD:main", "push", "origin"]],
    ["past the hook, unnamed", () => ["push", "--no-verify"]],
    ["past the hook by -c", () => ["-c", "CORE.hookspath=/dev/null", "push", "--all"]],
    ["past the hook by --config-env", () => ["--config-env=core.hooksPath=HOME", "push"]],
    ["past the hook by the environment", () => ["push"], () => ({ env: hidden })],
    ["by send-pack", (yard) => ["send-pack", yard.world.origin, "main"]],
    ["by send-pack, everything", (yard) => ["send-pack", "--all", yard.world.origin]],
    ["by send-pack, from its input", (yard) => ["send-pack", "--stdin", yard.world.origin]],
  ];
  test("a push of main of the guarded repository, with one message, status 4, and a note", async (t) => {
    const yard = await withoutHook(t);
    const refs = await yard.world.run(yard.world.origin, "for-each-ref");
    await mkdir(join(yard.world.clone, "below"));
    for (const [how, args, options] of stopped) {
      const ran = await yard.type("git", args(yard), { wrapped: true, ...options?.(yard) });
      assert.equal(ran.code, 4, `${how}: ${told(ran)}`);
      assert.match(
        ran.stderr,
        /^signalbox: refused: main of .* is moved by the integrator alone.*\(git wrapper\)\n/,
      );
      assert.match(ran.stderr, /hand your branch over instead, with: {2}signalbox submit\n/);
      assert.equal(await yard.world.run(yard.world.origin, "for-each-ref"), refs, how);
    }
    assert.equal((await yard.notes()).length, stopped.length);
  });

  test("where the hook is there, what is vague is left to it, and what goes past it is not", async (t) => {
    const yard = await openYard(t, { guarded: true });
    await yard.world.commit(yard.world.clone, { "new.txt": "new\n" });
    const said = async (...args: string[]) => {
      const ran = await yard.type("git", args, { wrapped: true });
      return [ran.code, /\((.*)\)$/m.exec(ran.stderr)?.[1], /past the pre-push hook/.test(ran.stderr)];
    };
    assert.deepEqual(await said("push"), [1, "pre-push hook", false]);
    assert.deepEqual(await said("push", "--mirror"), [1, "pre-push hook", false]);
    assert.deepEqual(await said("push", "origin", "main"), [4, "git wrapper", false]);
    assert.deepEqual(await said("push", "--no-verify"), [4, "git wrapper", true]);
    assert.deepEqual(await said("-c", "core.hooksPath=none", "push", "--all"), [4, "git wrapper", true]);
    assert.deepEqual(await said("send-pack", yard.world.origin, "main"), [4, "git wrapper", true]);
  });

  test("who was stopped is in the note: the session, else the account; and what they typed", async (t) => {
    const yard = await withoutHook(t);
    for (const env of [{ SIGNALBOX_SESSION_ID: "build-login-7" }, { LOGNAME: "ada" }, { USER: "ada" }]) {
      await yard.type("git", ["push", "origin", "HEAD:main"], { wrapped: true, env: { ...env } });
      const [note = ""] = (await yard.notes()).filter((text) => text.includes(Object.values(env)[0] ?? ""));
      assert.equal(
        note,
        `signalbox-block 1\ngit_push\nrefs/heads/main\n${Object.values(env)[0]}\ngit push origin HEAD:main\n`,
      );
      const { spool } = guardPlaces(yard.privateDir);
      await rm(spool, { recursive: true });
      await mkdir(spool);
    }
  });

  test("a thousand notes that nobody fetches are enough; the push is stopped all the same", async (t) => {
    const yard = await withoutHook(t);
    const { spool } = guardPlaces(yard.privateDir);
    for (let at = 0; at < 1000; at++) await writeFile(join(spool, `0-${at}`), "x");
    const ran = await yard.type("git", ["push", "origin", "HEAD:main"], { wrapped: true });
    assert.equal(ran.code, 4, told(ran));
    assert.equal((await yard.notes()).length, 1000);
    await rm(spool, { recursive: true });
    assert.equal((await yard.type("git", ["push", "origin", "HEAD:main"], { wrapped: true })).code, 4);
  });

  test("while the cutover is off it only warns", async (t) => {
    const yard = await withoutHook(t);
    await writeFile(guardPlaces(yard.privateDir).mode, "warn\n");
    const ran = await yard.type("git", ["push", "origin", "HEAD:refs/heads/main"], { wrapped: true });
    assert.deepEqual([ran.code, /signalbox: warning: /.test(ran.stderr)], [0, true], told(ran));
    assert.deepEqual(await yard.notes(), []);
  });
});

function belowTop(yard: Yard): TypeOptions {
  return { cwd: join(yard.world.clone, "below") };
}

function elsewhere(yard: Yard): TypeOptions {
  return { cwd: yard.world.directory };
}
