/** Starting and stopping, seen from outside: one daemon, nothing held, nothing left. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { told } from "../../world/child.ts";
import { processesOf } from "../../world/leftovers.ts";
import { waitUntil } from "../../world/wait-until.ts";
import { bin, inWorld, type World } from "../../world/world.ts";

const daemonOf = async (world: World) =>
  (await world.json<{ daemon: { pid: number | null } }>("status")).daemon.pid;

test(
  "two ups at once start one daemon; a third finds it running; down ends all there is, twice over",
  inWorld({ down: true }, async (world) => {
    const both = await Promise.all([world.signalbox("up", "--detach"), world.signalbox("up", "--detach")]);
    for (const ran of both) assert.equal(ran.code, 0, told(ran));
    const pid = await daemonOf(world);
    const third = await world.signalbox("up", "--detach");
    assert.equal(third.code, 0, told(third));
    assert.match(third.stdout, new RegExp(`running already \\(pid ${pid}\\)`));
    assert.equal(await daemonOf(world), pid);
    const down = await world.signalbox("down");
    assert.match(down.stdout, /daemon, Redis/, told(down));
    assert.deepEqual(await processesOf(world.place), []);
    assert.match((await world.signalbox("down")).stdout, /Nothing runs/);
  }),
);

test(
  "up --detach holds none of the caller's descriptors, however far out they are",
  inWorld({ down: true }, async (world) => {
    const stdio: ("ignore" | "pipe")[] = Array.from({ length: 60 }, () => "ignore");
    for (const at of [1, 2, 3, 7, 40, 59]) stdio[at] = "pipe";
    const child = spawn(bin, ["up", "--detach"], { cwd: world.clone, env: world.env, stdio });
    const ends = [3, 7, 40, 59].map((at) => child.stdio[at]).filter((stream) => stream != null);
    for (const stream of child.stdio) if (stream != null && "resume" in stream) stream.resume();
    // Each pipe ends when the last process that has it lets go.
    await Promise.all([once(child, "close"), ...ends.map((stream) => once(stream, "close"))]);
    assert.equal(child.exitCode, 0);
    assert.notEqual(await daemonOf(world), null);
  }),
);

test(
  "after a kill -9 of the daemon its Redis is adopted by the next one, or ended by down",
  inWorld({}, async (world) => {
    const first = await daemonOf(world);
    process.kill(first ?? 0, "SIGKILL");
    await waitUntil(async () => (await daemonOf(world)) === null, { what: "the daemon is gone" });
    await world.up();
    assert.notEqual(await daemonOf(world), first);
    process.kill((await daemonOf(world)) ?? 0, "SIGKILL");
    await world.events.stop();
    const down = await world.signalbox("down");
    assert.equal(down.code, 0, told(down));
    assert.match(down.stdout, /Redis/);
    assert.deepEqual(await processesOf(world.place), []);
  }),
);

test(
  "a daemon that cannot start says why, with its own exit status, and leaves nothing",
  inWorld({ down: true, env: { SIGNALBOX_REDIS_URL: "redis://127.0.0.1:1" } }, async (world) => {
    const ran = await world.signalbox("up", "--detach");
    assert.equal(ran.code, 69, told(ran));
    assert.match(ran.stderr, /ended before it was ready[\s\S]*127\.0\.0\.1:1/);
    assert.deepEqual(await processesOf(world.place), []);
  }),
);

test(
  "in the foreground, Ctrl-C ends the daemon and the Redis it began",
  inWorld({ down: true }, async (world) => {
    const child = spawn(bin, ["up"], {
      cwd: world.clone,
      env: world.env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(child.stdout, "data");
    assert.match(String(line), /ready/);
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    assert.equal(code, 0);
    assert.deepEqual(await processesOf(world.place), []);
  }),
);

const approved = "domain.software-development.review.approved";

function approvalOf(slug: string): string {
  return JSON.stringify({
    slug,
    review_round: 1,
    reviewer_session_id: "ada",
    approved_at: "2026-01-01T00:00:00Z",
  });
}

/** A program in the clone, and what it has said on stderr until now. */
function begin(world: World, program: string, ...args: string[]) {
  const child = spawn(program, args, {
    cwd: world.clone,
    env: world.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => {
    words += chunk.toString();
  });
  return { child, said: () => words };
}

test(
  "events --follow ends quietly at Ctrl-C",
  inWorld({}, async (world) => {
    const { child, said } = begin(world, bin, "events", "--follow", "--json");
    const emitted = await world.signalbox("events", "emit", approved, "--data", approvalOf("login"));
    assert.equal(emitted.code, 0, told(emitted));
    await once(child.stdout, "data");
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    assert.equal(code, 0, said());
    assert.equal(said(), "");
  }),
);

test(
  "events --follow ends quietly when nobody reads any more",
  inWorld({}, async (world) => {
    // The reader takes one line and goes; what the writer ended with is said on stderr.
    const line = '{ "$1" events --follow --json; echo "ended with $?" >&2; } | head -n 1';
    const { child, said } = begin(world, "sh", "-c", line, "sh", bin);
    const ended = once(child, "exit");
    await world.signalbox("events", "emit", approved, "--data", approvalOf("login"));
    await once(child.stdout, "data");
    await world.signalbox("events", "emit", approved, "--data", approvalOf("logout"));
    const [code] = await ended;
    assert.equal(code, 0);
    assert.equal(said(), "ended with 0\n");
  }),
);
