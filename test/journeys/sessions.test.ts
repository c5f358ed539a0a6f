/** Workers as people and the daemon see them: listed, followed, entered, ended; told of as events, whoever started them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { SessionShape } from "../../src/board/shapes.ts";
import type { SessionsPlace } from "../../src/orchestration/sessions/find-sessions.ts";
import type { Session } from "../../src/orchestration/sessions/session.ts";
import { type StartRequest, startSession } from "../../src/orchestration/sessions/start-session.ts";
import { identify } from "../../src/process-identity.ts";
import { jsonShapes } from "../../src/surfaces/cli/json-fields.ts";
import { noTmux } from "../orchestration/sessions/tmux.ts";
import { told } from "../world/child.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { World } from "../world/world.ts";

const journey = shareWorld({
  env: { SIGNALBOX_TELEGRAM_TOKEN: "123:secret", SIGNALBOX_ADMIN_KEY: "secret" },
});

async function placeOf(world: World): Promise<SessionsPlace> {
  const { private_folder } = await world.json<{ private_folder: string }>("init", "--yes");
  return {
    privateDir: private_folder,
    runtimeDir: join(world.place, "run"),
    temporaryDir: join(world.place, "tmp"),
    producer: null,
  };
}

/** Starts a script as a worker of `slug` in a worktree of its own; the session and where it works. */
async function work(
  world: World,
  slug: string,
  script: string,
  more: Partial<StartRequest> = {},
): Promise<{ session: Session; directory: string; file: (name: string) => Promise<string> }> {
  const { directory } = await world.worker(slug);
  const program = join(world.place, `${slug}.sh`);
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  const outcome = await startSession(await placeOf(world), {
    role: "builder",
    slug,
    command: program,
    values: { branch: slug, base: "origin/main", worktree: directory },
    runner: "process",
    silenceLimitMs: null,
    variables: world.env,
    secretNames: [],
    ...more,
  });
  assert.equal(outcome.kind, "started", outcome.kind === "not_started" ? outcome.why : "");
  const file = (name: string) =>
    waitUntil(async () => (await readFile(join(directory, name), "utf8").catch(() => "")) || null, {
      what: `${slug} writes ${name}`,
    });
  return { session: outcome.session, directory, file };
}

const shown = async (world: World, id: string) =>
  (await world.json<SessionShape[]>("sessions", "list", "--all")).find(({ session_id }) => session_id === id);

const end = async (world: World, id: string) => {
  const ran = await world.signalbox("sessions", "end", id, "--grace", "200ms");
  assert.equal(ran.code, 0, told(ran));
};

journey(
  "a worker that runs is listed with everything the contract names, and told of as an event",
  async (world) => {
    const { session } = await work(world, "listed", "echo hello; sleep 1000");
    const fields = jsonShapes["sessions list"]?.fields ?? [];
    const listed = await waitUntil(
      async () => {
        const found = await shown(world, session.id);
        return found !== undefined && found.printed_bytes > 0 ? found : null;
      },
      { what: "its output is counted", everyMs: 150 },
    );
    assert.deepEqual(Object.keys(listed), fields);
    assert.deepEqual(
      [
        listed.role,
        listed.slug,
        listed.state,
        listed.runner,
        listed.pid,
        listed.printed_bytes,
        listed.cut_bytes,
      ],
      ["builder", "listed", "running", "process", session.process?.pid, 6, 0],
    );
    const people = await world.signalbox("sessions");
    assert.match(people.stdout, new RegExp(`${session.id} +running +builder +listed`));
    const started = await world.events.until({ type: "work.session.started", slug: "listed" });
    assert.equal(started.data.session_id, session.id);
    await end(world, session.id);
    const ended = await world.events.until({ type: "work.session.ended", slug: "listed" });
    assert.match(String(ended.data.why), /^ended by .*: asked to$/);
    assert.equal((await shown(world, session.id))?.state, "ended");
    assert.deepEqual(await world.json("sessions", "list", "--slug", "listed"), []);
  },
);

journey("a tail shows no terminal command, unless the bytes are asked for", async (world) => {
  const nasty = String.raw`printf '\033]0;owned\007\033[31mred\033[0m one\r\ntwo\003\342\200\256\nlast'`;
  const { session } = await work(world, "tailed", nasty);
  await waitUntil(async () => (await shown(world, session.id))?.state === "ended", {
    what: "it ends",
    everyMs: 150,
  });
  const tail = (...options: string[]) => world.signalbox("sessions", "tail", "tailed", ...options);
  assert.equal((await tail()).stdout, "red one\ntwo\\u{3}\\u{202e}\nlast\n");
  assert.equal((await tail("--lines", "1")).stdout, "last\n");
  assert.equal((await tail("--lines", "0")).stdout, "");
  const bytes = "\u001b]0;owned\u0007\u001b[31mred\u001b[0m one\r\ntwo\u0003\u202e\nlast";
  assert.equal((await tail("--raw")).stdout, bytes);
  assert.equal((await tail("--raw", "--lines", "2")).stdout, "two\u0003\u202e\nlast");
  assert.deepEqual(await world.json("sessions", "tail", "tailed"), {
    session_id: session.id,
    state: "ended",
    printed_bytes: Buffer.byteLength(bytes),
    cut_bytes: 0,
    lines: ["red one", "two\u0003\u202e", "last"],
  });
  const both = await tail("--raw", "--json");
  assert.equal(both.code, 2, told(both));
});

journey("followed, what it prints comes at once, and the following ends with the session", async (world) => {
  const script = `echo first; until [ -e go ]; do sleep 0.02; done; printf 'a question? '; until [ -e end ]; do sleep 0.02; done; echo yes`;
  const { session, directory } = await work(world, "followed", script);
  const [people, rows] = [[], ["--json"]].map((more) => {
    const child = spawn(
      join(import.meta.dirname, "../../bin/signalbox"),
      ["sessions", "tail", "-f", session.id, ...more],
      {
        cwd: world.clone,
        env: world.env,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const heard = { text: "", notes: "" };
    child.stdout.on("data", (chunk: Buffer) => (heard.text += chunk));
    child.stderr.on("data", (chunk: Buffer) => (heard.notes += chunk));
    const code = new Promise<number | null>((resolve) => child.once("close", resolve));
    return { heard, code };
  });
  assert.ok(people !== undefined && rows !== undefined);
  await waitUntil(() => people.heard.text === "first\n" && rows.heard.text !== "", {
    what: "the first line",
  });
  await writeFile(join(directory, "go"), "");
  await waitUntil(() => people.heard.text === "first\na question? ", { what: "a line that has not ended" });
  await writeFile(join(directory, "end"), "");
  assert.deepEqual([await people.code, await rows.code], [0, 0]);
  assert.equal(people.heard.text, "first\na question? yes\n");
  assert.match(people.heard.notes, /has ended: exit 0/);
  const lines = rows.heard.text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines,
    ["first", "a question? yes"].map((line) => ({ session_id: session.id, line, cut_bytes: null })),
  );
});

journey(
  "a worker knows who it is, finds signalbox, has none of our credentials, and ends no session",
  async (world) => {
    const script = `env > environment
signalbox sessions list --json > listed; echo $? > list-code
signalbox sessions end "$SIGNALBOX_SESSION_ID" 2> refused; echo $? > end-code
sleep 1000`;
    const variables = { ...world.env, SIGNALBOX_REDIS_URL: "" };
    const { session, file } = await work(world, "knows", script, { variables });
    assert.deepEqual([(await file("list-code")).trim(), (await file("end-code")).trim()], ["0", "4"]);
    assert.match(await file("refused"), /A builder ends no sessions/);
    const environment = await file("environment");
    assert.match(environment, new RegExp(`^SIGNALBOX_SESSION_ID=${session.id}$`, "m"));
    assert.match(environment, /^GIT_AUTHOR_NAME=Ada Worker$/m);
    assert.doesNotMatch(environment, /secret/);
    // Its calls are signs of life, though it prints nothing.
    assert.notEqual((await shown(world, session.id))?.last_sign_at, null);
    await end(world, session.id);
  },
);

const withTmux: typeof journey = (title, body) =>
  noTmux === false ? journey(title, body) : test.skip(title);

withTmux(
  "a terminal is entered and typed into; without one, or without a terminal, it is said why not",
  async (world) => {
    const script = `printf 'name? '; read name; echo "hello $name" | tee said; sleep 1000`;
    const { session, file } = await work(world, "entered", script, { runner: "tmux" });
    const plain = await work(world, "unentered", "sleep 1000");
    const attach = `'${join(import.meta.dirname, "../../bin/signalbox")}' sessions attach ${session.id}`;
    const child = spawn("script", ["-qec", attach, "/dev/null"], {
      cwd: world.clone,
      env: { ...world.env, TERM: "xterm" },
      stdio: ["pipe", "pipe", "ignore"],
    });
    let screen = "";
    child.stdout.on("data", (chunk: Buffer) => (screen += chunk));
    const left = new Promise<number | null>((resolve) => child.once("exit", resolve));
    await waitUntil(() => screen.includes("name?"), { what: "its terminal is on the screen" });
    child.stdin.write("Grace\r");
    assert.equal((await file("said")).trim(), "hello Grace");
    await waitUntil(() => screen.includes("hello Grace"), { what: "the answer is on the screen" });
    // Ctrl-B d.
    child.stdin.write("\u0002d");
    assert.equal(await left, 0);
    assert.equal((await shown(world, session.id))?.state, "running");
    const outside = await world.signalbox("sessions", "attach", session.id);
    assert.equal(outside.code, 2, told(outside));
    const unable = await world.signalbox("sessions", "attach", "unentered");
    assert.equal(unable.code, 3, told(unable));
    assert.match(unable.stderr, /has no terminal/);
    await end(world, session.id);
    await end(world, plain.session.id);
    const over = await world.signalbox("sessions", "attach", "entered");
    assert.equal(over.code, 3, told(over));
  },
);

journey(
  "a session that was lost is settled by the daemon: nothing of it runs, and it is told of",
  async (world) => {
    const { session, file } = await work(
      world,
      "lost",
      "trap '' PIPE; echo $$ > up; while :; do sleep 0.05; done",
    );
    const worker = Number(await file("up"));
    const { privateDir } = await placeOf(world);
    const keeper = JSON.parse(
      await readFile(join(privateDir, "sessions", session.id, "keeper.json"), "utf8"),
    );
    process.kill(keeper.pid, "SIGKILL");
    const ended = await world.events.until({ type: "work.session.ended", slug: "lost" });
    assert.deepEqual([ended.data.why, ended.data.exit_code], ["its keeper was killed", null]);
    assert.equal(await identify(worker), null);
  },
);

journey(
  "while Redis is away sessions are listed and ended all the same, and told of when it is back",
  async (world) => {
    const { session } = await work(world, "away", "sleep 1000");
    await world.down();
    assert.equal((await shown(world, session.id))?.state, "running");
    await end(world, session.id);
    await world.up();
    const said = await waitUntil(
      async () => {
        const { stdout } = await world.signalbox("events", "--slug", "away", "--json");
        const types = stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line).type]));
        return types.some((type) => type.endsWith("work.session.ended")) ? types : null;
      },
      { what: "its end is said", everyMs: 300 },
    );
    assert.deepEqual(
      said.map((type) => type.split(".").at(-1)),
      ["started", "ended"],
    );
  },
);

journey("what is no session is bad input, with what there is", async (world) => {
  for (const verb of ["tail", "attach", "end"]) {
    const ran = await world.signalbox("sessions", verb, "no-such-one");
    assert.equal(ran.code, 2, told(ran));
    assert.match(ran.stderr, /There is no session no-such-one/);
  }
  const hostile = await world.signalbox("sessions", "tail", "../../etc");
  assert.equal(hostile.code, 2, told(hostile));
});
