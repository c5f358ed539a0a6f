/** A place for sessions below one temporary folder, with real processes; nothing may be left in the end. */
import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endSession } from "../../../src/orchestration/sessions/end-session.ts";
import {
  listSessions,
  readSession,
  type SessionsPlace,
} from "../../../src/orchestration/sessions/find-sessions.ts";
import type { Session } from "../../../src/orchestration/sessions/session.ts";
import type { SessionEnd } from "../../../src/orchestration/sessions/session-files.ts";
import { sessionsFolder } from "../../../src/orchestration/sessions/session-folder.ts";
import {
  type StartOutcome,
  type StartRequest,
  startSession,
} from "../../../src/orchestration/sessions/start-session.ts";
import { sessionOutput } from "../../../src/orchestration/sessions/tail-session.ts";
import { type SessionNews, watchSession } from "../../../src/orchestration/sessions/watch-session.ts";
import { processesOf } from "../../world/leftovers.ts";
import { waitUntil } from "../../world/wait-until.ts";

export type Bench = {
  place: SessionsPlace;
  /** The temporary folder of everything, and the worker's worktree in it. */
  folder: string;
  worktree: string;
  /** Writes an executable script; its path. */
  script(name: string, text: string): Promise<string>;
  /** Starts a session, in a process unless told otherwise. */
  try(command: string, more?: Partial<StartRequest>): Promise<StartOutcome>;
  /** The same, and it must run. */
  start(command: string, more?: Partial<StartRequest>): Promise<Session>;
  /** Waits for its end. */
  ended(session: Session): Promise<SessionEnd>;
  news(session: Session): Promise<SessionNews>;
  again(session: Session): Promise<Session>;
  /** What it printed, cut pieces as `<N cut>`. */
  printed(session: Session): Promise<string>;
  sessionFolder(session: Session): string;
  /** A file that a worker writes, when it is there. */
  written(name: string): Promise<string>;
  /** Living processes of the bench. */
  processes(): Promise<number[]>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Opens a bench; `await using` ends what runs and asserts that nothing is left. */
export async function openBench(name = "sbs-"): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), name));
  const worktree = join(folder, "trees", "a b");
  await mkdir(worktree, { recursive: true });
  const place: SessionsPlace = {
    privateDir: join(folder, "private"),
    runtimeDir: null,
    temporaryDir: join(folder, "tmp"),
    producer: null,
  };
  const bench: Bench = {
    place,
    folder,
    worktree,
    async script(file, text) {
      const path = join(folder, file);
      await writeFile(path, `#!/bin/sh\n${text}\n`);
      await chmod(path, 0o755);
      return path;
    },
    try: (command, more = {}) =>
      startSession(place, {
        role: "builder",
        slug: "item",
        command,
        values: { branch: "item", base: "origin/main", worktree },
        runner: "process",
        silenceLimitMs: null,
        variables: { PATH: process.env.PATH, HOME: folder },
        secretNames: [],
        graceMs: 200,
        ...more,
      }),
    async start(command, more) {
      const outcome = await bench.try(command, more);
      assert.equal(outcome.kind, "started", outcome.kind === "not_started" ? outcome.why : "");
      return outcome.session;
    },
    news: (session) => watchSession(place, session.id, { stop: AbortSignal.timeout(30_000), everyMs: 20 }),
    async ended(session) {
      const news = await bench.news(session);
      if (news.kind !== "ended") assert.fail(`it is ${news.kind}`);
      return news.end;
    },
    async again(session) {
      const found = await readSession(place, session.id);
      if (found === null) throw new Error(`${session.id} is gone`);
      return found;
    },
    async printed(session) {
      let text = "";
      for await (const piece of sessionOutput(place, session.id))
        text += piece.kind === "bytes" ? piece.bytes.toString("latin1") : `<${piece.to - piece.from} cut>`;
      return text;
    },
    sessionFolder: (session) => join(sessionsFolder(place.privateDir), session.id),
    written: (file) =>
      waitUntil(async () => (await readFile(join(worktree, file), "utf8").catch(() => "")).trim() || null, {
        what: `the worker writes ${file}`,
      }),
    processes: async () => (await processesOf(folder)).map(({ pid }) => pid),
    async [Symbol.asyncDispose]() {
      for (const { id, state } of await listSessions(place))
        if (state !== "ended") await endSession(place, id, { by: "the test", reason: "over", graceMs: 0 });
      const none = async () => ((await bench.processes()).length === 0 ? [] : null);
      const left = await waitUntil(none, { what: "nothing runs", withinMs: 5000 }).catch(() =>
        processesOf(folder),
      );
      for (const { pid } of left) process.kill(pid, "SIGKILL");
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      assert.deepEqual(left, [], "processes are left");
    },
  };
  return bench;
}
