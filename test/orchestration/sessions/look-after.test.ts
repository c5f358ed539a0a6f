/** What is forgotten of sessions, and what never is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { listSessions, readSession } from "../../../src/orchestration/sessions/find-sessions.ts";
import { lookAfterSessions } from "../../../src/orchestration/sessions/look-after.ts";
import { registerSession } from "../../../src/orchestration/sessions/register-session.ts";
import { noteTold } from "../../../src/orchestration/sessions/session-files.ts";
import { openBench } from "./bench.ts";

test("the oldest of those that ended and were told of go, with their logs; nothing else does", async () => {
  await using bench = await openBench();
  const sessions = [];
  for (const slug of ["one", "two", "three", "untold"]) {
    const session = await bench.start("echo done", { slug });
    await bench.ended(session);
    if (slug !== "untold") await noteTold(bench.sessionFolder(session), "ended");
    sessions.push(session);
  }
  await bench.start("sleep 1000", { slug: "running" });
  const left = async () => (await listSessions(bench.place)).map(({ slug }) => slug);
  await lookAfterSessions(bench.place, { keepMs: 60_000, keepAtMost: 3 });
  assert.deepEqual(await left(), ["one", "two", "three", "untold", "running"]);
  await lookAfterSessions(bench.place, { keepMs: 60_000, keepAtMost: 1 });
  assert.deepEqual(await left(), ["three", "untold", "running"]);
  await lookAfterSessions(bench.place, { keepMs: -1, keepAtMost: 9 });
  assert.deepEqual(await left(), ["untold", "running"]);
});

test("a process that registers itself is a session until it says that it ends", async () => {
  await using bench = await openBench();
  const own = await registerSession(bench.place, {
    role: "orchestrator",
    slug: null,
    argv: ["signalbox", "orchestrate"],
  });
  const found = await readSession(bench.place, own.id);
  assert.deepEqual(
    [found?.state, found?.role, found?.process?.pid],
    ["running", "orchestrator", process.pid],
  );
  await own.release("all items are handed over", 0);
  const ended = await readSession(bench.place, own.id);
  assert.deepEqual(
    [ended?.state, ended?.end?.why, ended?.end?.exitCode],
    ["ended", "all items are handed over", 0],
  );
});
