/**
 * The world a journey happens in: a bare origin, a clone with worktrees, the real `signalbox` as real processes with a
 * real Redis of its own, all below one temporary folder, with no configuration of this machine in reach.
 *
 * A test looks at it from outside only: commands, the remote's history, the event stream. At the end nothing may be left.
 */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { type Ran, type RunOptions, runChild, told } from "./child.ts";
import { endWorld, expectNothingLeft, storyOf } from "./ending.ts";
import { hermeticEnvironment } from "./environment.ts";
import { type Follower, follow } from "./follower.ts";
import { type Origin, openOrigin } from "./origin.ts";
import { type Worker, workerAt } from "./worker.ts";

export const bin = join(import.meta.dirname, "../../bin/signalbox");

export type WorldOptions = {
  /** Merged into the world's signalbox.yaml. */
  config?: Record<string, unknown>;
  /** Files of main's first commit, besides a README. */
  files?: Record<string, string>;
  /** More environment for every process of the product. */
  env?: Record<string, string>;
  /** Leave the daemon down; `world.up()` starts it. */
  down?: boolean;
};

export type World = {
  /** The temporary folder that holds everything. */
  place: string;
  /** The user's clone, where commands run. */
  clone: string;
  /** SIGNALBOX_HOME. */
  home: string;
  env: NodeJS.ProcessEnv;
  origin: Origin;
  /** Main when the world began. */
  start: string;
  events: Follower;
  /** Runs the real bin in the clone. */
  signalbox(...args: string[]): Promise<Ran>;
  /** The same with another folder, environment, stdin or patience. */
  signalboxIn(options: Partial<RunOptions>, ...args: string[]): Promise<Ran>;
  /** Runs it, expects exit 0, and reads its one JSON document. */
  json<T>(...args: string[]): Promise<T>;
  /** Git in the clone; fails the test on a failing exit code. */
  git(...args: string[]): Promise<string>;
  worker(slug: string, options?: { branch?: string; from?: string }): Promise<Worker>;
  up(): Promise<void>;
  down(): Promise<void>;
  /** Stops everything and asserts that nothing is left. */
  expectNothingLeft(): Promise<void>;
  /** Logs, events and queue, for the message of a failed test. */
  story(): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Leases short enough that a test can wait for one to run out. */
const quickConfig = { lease: { ttl: "3s", renew: "750ms" } };

/** Builds a world and, unless told otherwise, starts its daemon. Use with `await using`. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const place = await mkdtemp(join(tmpdir(), "sbw-"));
  try {
    const world = await build(place, options);
    if (options.down !== true) await world.up();
    return world;
  } catch (error) {
    await endWorld(place);
    throw error;
  }
}

/**
 * A test in a world of its own: `test("…", inWorld({}, async (world) => …))`. When the body passes, nothing may be left;
 * when it fails, the failure carries the world's story.
 */
export function inWorld(options: WorldOptions, body: (world: World) => Promise<void>): () => Promise<void> {
  return async () => {
    await using world = await openWorld(options);
    await withStory(world, async () => {
      await body(world);
      await world.expectNothingLeft();
    });
  };
}

/** Does it; where that fails, the failure carries the world's story (in its stack, which is what a reporter shows). */
export async function withStory(world: World, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const story = await world.story();
    if (error instanceof Error) error.stack = `${error.stack}\n\n${story}`;
    throw error;
  }
}

async function build(place: string, options: WorldOptions): Promise<World> {
  const home = join(place, "home/sb");
  const env = { ...(await hermeticEnvironment(place)), SIGNALBOX_HOME: home, ...options.env };
  await mkdir(home, { recursive: true, mode: 0o700 });
  const git = (args: readonly string[], cwd: string) => runChild("git", args, { cwd, env });
  const clone = join(place, "clone");
  const start = await seed(place, options, git);
  const origin = await openOrigin(join(place, "origin.git"), start, git);
  const events = follow({ bin, cwd: clone, env });
  const signalboxIn: World["signalboxIn"] = (given, ...args) =>
    runChild(bin, args, { cwd: clone, env, ...given });
  const signalbox: World["signalbox"] = (...args) => signalboxIn({}, ...args);
  const run = async (...args: string[]): Promise<void> => {
    const ran = await signalbox(...args);
    assert.equal(ran.code, 0, told(ran));
  };
  const inClone = async (...args: string[]): Promise<string> => {
    const ran = await git(args, clone);
    assert.equal(ran.code, 0, told(ran));
    return ran.stdout;
  };
  let adding: Promise<unknown> = Promise.resolve();
  const world: World = {
    place,
    clone,
    home,
    env,
    origin,
    start,
    events,
    signalbox,
    signalboxIn,
    json: async (...args) => {
      const ran = await signalbox(...args, "--json");
      assert.equal(ran.code, 0, told(ran));
      return JSON.parse(ran.stdout);
    },
    git: inClone,
    worker: async (slug, { branch = slug, from = "origin/main" } = {}) => {
      const directory = join(clone, "trees", slug);
      // One at a time: git itself stumbles over a ref or a worktree that another process is just adding.
      const add = async () => {
        await inClone("fetch", "--quiet", "origin");
        await inClone("worktree", "add", "--quiet", "--no-track", "-B", branch, directory, from);
      };
      adding = adding.then(add, add);
      await adding;
      return workerAt({ slug, branch, directory, run: git });
    },
    up: async () => {
      await run("up", "--detach");
      events.begin();
    },
    down: async () => {
      await events.stop();
      await run("down");
    },
    expectNothingLeft: () => expectNothingLeft(world),
    story: () => storyOf(world),
    [Symbol.asyncDispose]: async () => {
      await events.stop();
      await endWorld(place);
    },
  };
  await run("init", "--yes");
  return world;
}

/** Origin and clone, with one commit on main; its sha. */
async function seed(
  place: string,
  options: WorldOptions,
  git: (args: readonly string[], cwd: string) => Promise<Ran>,
): Promise<string> {
  const run = async (cwd: string, ...args: string[]): Promise<string> => {
    const ran = await git(args, cwd);
    if (ran.code !== 0) throw new Error(told(ran));
    return ran.stdout.trim();
  };
  const clone = join(place, "clone");
  await run(place, "init", "--quiet", "--bare", "--initial-branch=main", "origin.git");
  await run(join(place, "origin.git"), "config", "core.logAllRefUpdates", "always");
  await run(place, "init", "--quiet", "--initial-branch=main", "clone");
  await run(clone, "remote", "add", "origin", join(place, "origin.git"));
  for (const [path, content] of Object.entries({ "README.md": "# A world\n", ...options.files })) {
    await mkdir(dirname(join(clone, path)), { recursive: true });
    await writeFile(join(clone, path), content);
  }
  await run(clone, "add", "--all");
  await run(clone, "commit", "--quiet", "--message", "Begin");
  await run(clone, "push", "--quiet", "--set-upstream", "origin", "main");
  await writeFile(join(clone, "signalbox.yaml"), stringify({ ...quickConfig, ...options.config }));
  await writeFile(join(clone, ".git/info/exclude"), "signalbox.yaml\ntrees/\n");
  return run(clone, "rev-parse", "HEAD");
}
