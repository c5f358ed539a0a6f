/** What a session promises, whichever runner it has. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { access, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { isFailure } from "../../../src/errors.ts";
import { endSession, settleLost } from "../../../src/orchestration/sessions/end-session.ts";
import { findSession, listSessions } from "../../../src/orchestration/sessions/find-sessions.ts";
import { readRecord, writeRecord } from "../../../src/orchestration/sessions/session-files.ts";
import { beat } from "../../../src/orchestration/sessions/session-folder.ts";
import { verdictOf } from "../../../src/orchestration/sessions/verdict.ts";
import { identify, isRunning } from "../../../src/process-identity.ts";
import { waitUntil } from "../../world/wait-until.ts";
import { openBench } from "./bench.ts";
import { noTmux } from "./tmux.ts";

for (const runner of ["process", "tmux"] as const)
  describe(`a session with the runner ${runner}`, { skip: runner === "tmux" && noTmux }, () => {
    const inTerminal = runner === "tmux";
    const eol = inTerminal ? "\r\n" : "\n";

    test("runs its command in its worktree, with its identity, and keeps what it prints and says last", async () => {
      await using bench = await openBench();
      const script = await bench.script(
        "worker",
        `echo "$SIGNALBOX_SESSION_ID $SIGNALBOX_ROLE $SIGNALBOX_SLUG"; pwd; echo "$1|$2"; echo more > /dev/stderr; echo APPROVE`,
      );
      const session = await bench.start(`${script} "/build {slug}" '{branch} $(touch hacked); {base}'`, {
        runner,
      });
      const end = await bench.ended(session);
      assert.deepEqual([end.how, end.exitCode, end.why], ["exited", 0, "exit 0"]);
      assert.deepEqual(verdictOf(end.lastLine), { kind: "approve" });
      // Standard output in its order; where both have a pipe of their own, standard error lies somewhere in it.
      const lines = (await bench.printed(session)).split(eol);
      assert.deepEqual(
        lines.filter((line) => line !== "more"),
        [
          `${session.id} builder item`,
          bench.worktree,
          "/build item|item $(touch hacked); origin/main",
          "APPROVE",
          "",
        ],
      );
      assert.ok(lines.includes("more"));
      assert.deepEqual(await readdir(bench.worktree), []);
      const found = await bench.again(session);
      assert.equal(found.state, "ended");
      assert.notEqual(found.lastSignMs, null);
    });

    test("says how it ended: by a code, by a signal, not at all", async () => {
      await using bench = await openBench();
      const coded = await bench.ended(await bench.start("sh -c 'exit 7'", { runner }));
      assert.deepEqual([coded.how, coded.exitCode, coded.why, coded.lastLine], ["exited", 7, "exit 7", null]);
      const signalled = await bench.ended(await bench.start("sh -c 'kill -SEGV $$'", { runner }));
      assert.deepEqual([signalled.how, signalled.signal, signalled.exitCode], ["signalled", "SIGSEGV", null]);
      const missing = await bench.try("no-such-program --x", { runner });
      assert.equal(missing.kind, "not_started");
      assert.match(missing.kind === "not_started" ? missing.why : "", /no-such-program was not found/);
      assert.equal(missing.session.state, "ended");
      const refused = await bench.try("{worktree}", { runner });
      assert.match(refused.kind === "not_started" ? refused.why : "", /may not be executed/);
    });

    test("ends with everything it started, though it ignores TERM, changes its group and hides", async () => {
      await using bench = await openBench();
      const script = await bench.script(
        "stubborn",
        `trap '' TERM HUP INT
         setsid sh -c 'trap "" TERM; echo $$ > away; while :; do sleep 0.05; done' &
         env -i setsid sleep 1000 & echo $! > hidden
         sh -c 'echo $$ > inside; kill -STOP $$'
         while :; do sleep 0.05; done`,
      );
      const session = await bench.start(script, { runner });
      const pids = await Promise.all(["away", "inside", "hidden"].map((name) => bench.written(name)));
      const end = await endSession(bench.place, session.id, { by: "ada", reason: "enough", graceMs: 200 });
      assert.equal(end.kind, "ended");
      const told = end.kind === "ended" ? end.end : null;
      assert.deepEqual([told?.how, told?.why, told?.by], ["ended", "ended by ada: enough", "ada"]);
      for (const pid of pids) assert.equal(await identify(Number(pid)), null, `${pid} still runs`);
      await waitUntil(async () => (await bench.processes()).length === 0, { what: "nothing runs" });
      const again = await endSession(bench.place, session.id, { by: "eve", reason: "again" });
      assert.equal(again.kind, "already_ended");
      assert.equal((await bench.again(session)).end?.by, "ada");
    });

    test("hears TERM first, and may put things away", async () => {
      await using bench = await openBench();
      const script = await bench.script(
        "tidy",
        `trap 'echo tidied > tidied; exit 3' TERM; echo up > up; while :; do sleep 0.05; done`,
      );
      const session = await bench.start(script, { runner });
      await bench.written("up");
      const outcome = await endSession(bench.place, session.id, { by: "ada", reason: "enough" });
      assert.equal(outcome.kind === "ended" ? outcome.end.exitCode : null, 3);
      assert.equal(await bench.written("tidied"), "tidied");
    });

    test("stopped, it is woken to hear TERM; its keeper, stopped, still writes down its end", async () => {
      await using bench = await openBench();
      const script = await bench.script(
        "stopped",
        `trap 'echo woken > woken; exit 3' TERM; echo $$ > up; while :; do sleep 0.05; done`,
      );
      const session = await bench.start(script, { runner });
      process.kill(Number(await bench.written("up")), "SIGSTOP");
      const { pid } = JSON.parse(await readFile(join(bench.sessionFolder(session), "keeper.json"), "utf8"));
      process.kill(pid, "SIGSTOP");
      const outcome = await endSession(bench.place, session.id, { by: "ada", reason: "enough" });
      assert.equal(outcome.kind === "ended" ? outcome.end.exitCode : null, 3);
      assert.equal(await bench.written("woken"), "woken");
    });

    test("signals that reach its whole group do not end its keeper", async () => {
      await using bench = await openBench();
      const session = await bench.start(
        `sh -c 'trap "" TERM INT HUP; kill 0; kill -INT 0; kill -HUP 0; echo over; exit 5'`,
        { runner },
      );
      const end = await bench.ended(session);
      assert.deepEqual([end.how, end.exitCode, end.lastLine], ["exited", 5, "over"]);
    });

    test("a worker that leaves processes behind and ends has ended, and they end with it", async () => {
      await using bench = await openBench();
      const session = await bench.start(
        `sh -c 'sleep 1000 & (setsid sleep 1000 &) ; echo $! > left; echo done'`,
        { runner },
      );
      const left = Number(await bench.written("left"));
      const end = await bench.ended(session);
      assert.deepEqual([end.how, end.exitCode, end.lastLine], ["exited", 0, "done"]);
      assert.equal(await identify(left), null);
      await waitUntil(async () => (await bench.processes()).length === 0, { what: "nothing runs" });
    });

    test("without output and without calls it is silent after its limit; a sign brings it back", async () => {
      await using bench = await openBench();
      const script = await bench.script(
        "quiet",
        `echo begin; until [ -e speak ]; do sleep 0.02; done; echo again; while :; do sleep 0.05; done`,
      );
      const session = await bench.start(script, { runner, silenceLimitMs: 400 });
      const news = await bench.news(session);
      assert.equal(news.kind, "silent");
      const state = async () => (await bench.again(session)).state;
      await beat(bench.place.privateDir, session.id);
      await waitUntil(async () => (await state()) === "running", { what: "a call is a sign" });
      await waitUntil(async () => (await state()) === "silent", { what: "silent again" });
      await bench.script("trees/a b/speak", "");
      await waitUntil(async () => (await state()) === "running", { what: "output is a sign" });
    });

    test("its keeper killed, it is lost; what is left of it is ended, and that is written down", async () => {
      await using bench = await openBench();
      const script = await bench.script(
        "orphan",
        `trap '' HUP PIPE; echo $$ > up; while :; do sleep 0.05; done`,
      );
      const session = await bench.start(script, { runner });
      const worker = Number(await bench.written("up"));
      const keeper = JSON.parse(await readFile(join(bench.sessionFolder(session), "keeper.json"), "utf8"));
      process.kill(keeper.pid, "SIGKILL");
      const news = await bench.news(session);
      assert.equal(news.kind, "lost");
      assert.notEqual(await identify(worker), null, "the worker was to outlive its keeper");
      const settled = await settleLost(bench.place, await bench.again(session));
      assert.equal(settled.kind === "ended" ? settled.end.how : null, "lost");
      assert.equal(await identify(worker), null);
      assert.equal((await bench.again(session)).state, "ended");
    });

    test("outlives whoever started it, and is found and ended by another process", async () => {
      await using bench = await openBench();
      const script = await bench.script("long", `echo up > up; while :; do sleep 0.05; done`);
      const starter = join(import.meta.dirname, "starter.ts");
      const child = spawn(process.execPath, ["--no-warnings", starter, bench.folder, script, runner], {
        stdio: ["ignore", "ignore", "inherit"],
        detached: true,
      });
      await bench.written("up");
      // The whole group of the starter, as a closed terminal or an impatient person would.
      process.kill(-(child.pid ?? 0), "SIGKILL");
      const [session] = await listSessions(bench.place);
      assert.ok(session !== undefined);
      await waitUntil(async () => (await bench.again(session)).state === "running", { what: "it runs on" });
      assert.deepEqual(await findSession(bench.place, "item"), {
        kind: "found",
        session: await bench.again(session),
      });
      const outcome = await endSession(bench.place, session.id, { by: "ada", reason: "found" });
      assert.equal(outcome.kind, "ended");
    });

    test("two that end it at once both see it ended, once", async () => {
      await using bench = await openBench();
      const session = await bench.start("sleep 1000", { runner });
      const by = (who: string) => endSession(bench.place, session.id, { by: who, reason: "enough" });
      const outcomes = await Promise.all([by("ada"), by("eve"), by("bob")]);
      const ends = outcomes.map((outcome) => ("end" in outcome ? outcome.end : null));
      assert.ok(ends.every((end) => end !== null));
      assert.equal(new Set(ends.map((end) => JSON.stringify(end))).size, 1);
    });

    test("invalid UTF-8, no line end, a closed standard output: kept as it was", async () => {
      await using bench = await openBench();
      const bytes = await bench.start(`sh -c 'printf "\\377\\376\\nFINALIZE_READY: item"'`, { runner });
      const end = await bench.ended(bytes);
      assert.deepEqual(verdictOf(end.lastLine), { kind: "finalize_ready", slug: "item" });
      assert.ok((await bench.printed(bytes)).startsWith("\xff\xfe"));
      const closed = await bench.start(
        `sh -c 'echo first; exec >&- 2>&-; echo up > up; until [ -e go ]; do sleep 0.02; done; exit 4'`,
        { runner },
      );
      await bench.written("up");
      assert.equal((await bench.again(closed)).state, "running");
      await bench.script("trees/a b/go", "");
      const last = await bench.ended(closed);
      assert.deepEqual([last.exitCode, last.lastLine], [4, "first"]);
    });

    test("a folder with quotes, blanks and format characters in its name changes nothing", async () => {
      await using bench = await openBench("s'b \"#{x}%H$(y)-");
      const session = await bench.start(`sh -c 'echo hello'`, { runner });
      assert.equal((await bench.ended(session)).lastLine, "hello");
      assert.equal(await bench.printed(session), `hello${eol}`);
    });

    test("leaves no pipe and no socket", async () => {
      await using bench = await openBench();
      const session = await bench.start("true", { runner });
      await bench.ended(session);
      await waitUntil(async () => (await bench.processes()).length === 0, { what: "its keeper is gone" });
      const names = await readdir(bench.folder, { recursive: true });
      assert.deepEqual(
        names.filter((name) => /\.(pipe|sock)$|\/\./.test(name)),
        [],
      );
    });
  });

test("a record is written once: of many at the same time one, and it is never half", async () => {
  await using bench = await openBench();
  const record = (by: number) => ({ by: String(by), reason: "r".repeat(5000), at: "2026-01-01T00:00:00Z" });
  const writers = Array.from({ length: 20 }, (_, by) => writeRecord(bench.folder, "ending", record(by)));
  const written = await Promise.all(writers);
  assert.equal(written.filter(Boolean).length, 1);
  assert.deepEqual(await readRecord(bench.folder, "ending"), record(written.indexOf(true)));
});

test("what cannot be a session is refused before anything is written", async () => {
  await using bench = await openBench();
  const refused = async (code: string, attempt: Promise<unknown>) =>
    assert.rejects(attempt, (error) => isFailure(error, code) && error.exitCode === 2, code);
  await refused("bad_slug", bench.try("true", { slug: "--help" }));
  await refused("bad_slug", bench.try("true", { slug: "../x" }));
  await refused("bad_command", bench.try(`claude -p "/build {slug}`));
  await refused("bad_command", bench.try("  "));
  const values = { branch: "item", base: "origin/main", worktree: join(bench.folder, "nowhere") };
  await refused("no_worktree", bench.try("true", { values }));
  await assert.rejects(access(bench.place.privateDir));
});

test("a process that was given the number of a dead one is never signalled", async () => {
  await using bench = await openBench();
  const session = await bench.start("sleep 1000");
  const keeper = join(bench.sessionFolder(session), "keeper.json");
  const { pid } = JSON.parse(await readFile(keeper, "utf8"));
  process.kill(pid, "SIGKILL");
  process.kill(session.process?.pid ?? 0, "SIGKILL");
  await waitUntil(async () => (await bench.processes()).length === 0, { what: "all of it is gone" });
  // A stranger, the leader of a group with a child in it, now has the keeper's number.
  const stranger = spawn("sh", ["-c", "sleep 1000 & wait"], { detached: true, stdio: "ignore" });
  const heard = new Promise((resolve) => stranger.once("exit", (_, signal) => resolve(signal)));
  await writeFile(keeper, JSON.stringify({ pid: stranger.pid, startTime: "1" }));
  assert.equal((await bench.again(session)).state, "lost");
  const outcome = await endSession(bench.place, session.id, { by: "ada", reason: "late", graceMs: 0 });
  assert.equal(outcome.kind, "ended");
  const alive = await identify(stranger.pid ?? 0);
  assert.notEqual(alive, null);
  process.kill(-(stranger.pid ?? 0), "SIGUSR1");
  assert.equal(await heard, "SIGUSR1", "nothing else had reached it");
});

test("a session is found by its id, its beginning, its item; what is not clear is not guessed", async () => {
  await using bench = await openBench();
  const first = await bench.start("sleep 1000", { slug: "one" });
  const second = await bench.start("sleep 1000", { slug: "one", role: "reviewer" });
  const idOf = async (name: string) => {
    const found = await findSession(bench.place, name);
    return found.kind === "found" ? found.session.id : found.kind;
  };
  assert.equal(await idOf(first.id), first.id);
  assert.equal(await idOf("reviewer-"), second.id);
  assert.equal(await idOf("one"), "several");
  assert.equal(await idOf("two"), "none");
  assert.equal(await idOf(""), "none");
  assert.equal(await idOf("../private"), "none");
  await endSession(bench.place, first.id, { by: "ada", reason: "x", graceMs: 0 });
  assert.equal(await idOf("one"), second.id, "the one that is open is meant");
  await rm(bench.sessionFolder(second), { recursive: true, force: true });
  assert.equal(await isRunning(second.process ?? { pid: 0, startTime: "" }), true);
  process.kill(second.process?.pid ?? 0, "SIGKILL");
});
