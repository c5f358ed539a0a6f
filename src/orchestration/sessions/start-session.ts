/**
 * Starts a worker: writes down what is asked for, lets a runner start its keeper, and waits until the keeper has it
 * running. From then on the session needs nobody.
 */

import { randomBytes } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isoTime, monotonicMs, pause, wallMs } from "../../clock.ts";
import { argumentsOf, type CommandValues, parseCommand } from "../../config/command-template.ts";
import { badInput } from "../../errors.ts";
import { checkSlug } from "../../git/names.ts";
import { socketPathOf } from "../../socket-path.ts";
import { readSession, type SessionsPlace } from "./find-sessions.ts";
import { processRunner } from "./process-runner.ts";
import { ownBinDir } from "./runner.ts";
import { keeperAppearsWithinMs, type Role, type Session, sessionIdOf } from "./session.ts";
import { type SessionRequest, writeRecord } from "./session-files.ts";
import { sessionsFolder } from "./session-folder.ts";
import { type LogLimits, usualLogLimits } from "./session-log.ts";
import { tellSession } from "./tell.ts";
import { tmuxRunner } from "./tmux-runner.ts";
import { type Variables, workerEnvironment } from "./worker-environment.ts";

export type StartRequest = {
  role: Role;
  slug: string;
  /** As configured: `claude -p "/build {slug}"`. */
  command: string;
  /** The worktree is the worker's current folder. */
  values: Omit<CommandValues, "slug">;
  runner: "process" | "tmux";
  /** How long it may give no sign of life, ms; null: for ever. */
  silenceLimitMs: number | null;
  /** The caller's environment, and the variables in it that the configuration says hold secrets. */
  variables: Variables;
  secretNames: readonly string[];
  log?: LogLimits;
  /** Names the session for good (`[a-z0-9]+`): started twice by this name, there is one. Default: a name of its own. */
  key?: string;
  /** Between TERM and KILL for what the worker leaves running when it ends, ms. */
  graceMs?: number;
};

export type StartOutcome =
  | { kind: "started"; session: Session }
  /** Somebody has started the session of this name before. */
  | { kind: "there"; session: Session | null }
  /** The program is not there, may not run, or its runner cannot. Its record is kept. */
  | { kind: "not_started"; why: string; session: Session };

/**
 * Resolves when the worker runs (or has ended already), or could not be started. Throws `bad_slug`, `bad_command`,
 * `no_worktree` (bad input) before anything is written.
 */
export async function startSession(place: SessionsPlace, request: StartRequest): Promise<StartOutcome> {
  const record = await recordOf(place, request);
  const folder = join(sessionsFolder(place.privateDir), record.id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!(await writeRecord(folder, "request", record)))
    return { kind: "there", session: await readSession(place, record.id) };
  const environment = workerEnvironment({
    variables: request.variables,
    secretNames: request.secretNames,
    worker: { sessionId: record.id, role: record.role, slug: record.slug },
    guardsDir: await guardsDirOf(place.privateDir),
    ownBinDir: ownBinDir(),
  });
  const runner = request.runner === "tmux" ? tmuxRunner : processRunner;
  const outcome = await runner({ folder, request: record, environment });
  if (outcome.kind === "impossible") await notStarted(folder, outcome.why);
  const session = await untilDecided(place, record.id);
  await tellSession(place, record.id);
  const { end } = session;
  return end?.how === "not_started"
    ? { kind: "not_started", why: end.why, session }
    : { kind: "started", session };
}

/** The keeper's own patience is shorter, so this ends. */
async function untilDecided(place: SessionsPlace, id: string): Promise<Session> {
  const deadline = monotonicMs() + keeperAppearsWithinMs;
  const folder = join(sessionsFolder(place.privateDir), id);
  for (;;) {
    const session = await readSession(place, id);
    if (session === null) throw new Error(`the record of ${id} has vanished`);
    if (session.state !== "starting" && session.state !== "lost") return session;
    const isLate = monotonicMs() > deadline;
    // What is late finds this word when it comes, and starts nothing.
    if (session.state === "lost" || isLate)
      await notStarted(folder, `its keeper did not come up${await lastWords(folder)}`);
    await pause(startLookMs);
  }
}

const startLookMs = 15;

/** What its keeper said before it fell, as far as it helps. */
async function lastWords(folder: string): Promise<string> {
  const text = await readFile(join(folder, "keeper.log"), "utf8").catch(() => "");
  const line = text.split("\n").find((each) => /error/i.test(each));
  return line === undefined ? "" : ` (${line.trim().slice(0, 300)})`;
}

async function notStarted(folder: string, why: string): Promise<void> {
  const nothing = { exitCode: null, signal: null, by: null, lastLine: null };
  const end = {
    ...nothing,
    how: "not_started" as const,
    why: `not started: ${why}`,
    endedAt: isoTime(wallMs()),
  };
  await writeRecord(folder, "ended", end);
}

async function recordOf(place: SessionsPlace, request: StartRequest): Promise<SessionRequest> {
  const { role, slug, command, values, runner } = request;
  const wrong = checkSlug(slug);
  if (wrong !== null) throw badInput("bad_slug", wrong);
  const parsed = parseCommand(command);
  if (parsed.kind === "invalid")
    throw badInput("bad_command", `The command of the ${role} cannot be used: ${parsed.why}.`, {
      cure: "Correct it under workers: in signalbox.yaml.",
    });
  const isFolder = await stat(values.worktree).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder)
    throw badInput("no_worktree", `There is no folder ${values.worktree} for the ${role} of ${slug}.`, {
      cure: `signalbox todo start ${slug}`,
    });
  const id = sessionIdOf(role, slug, request.key ?? randomBytes(4).toString("hex"));
  const folder = join(sessionsFolder(place.privateDir), id);
  return {
    id,
    role,
    slug,
    runner,
    argv: argumentsOf(parsed.words, { ...values, slug }),
    worktree: values.worktree,
    createdAt: isoTime(wallMs()),
    silenceLimitMs: request.silenceLimitMs,
    log: request.log ?? usualLogLimits,
    graceMs: request.graceMs ?? usualGraceMs,
    socket: runner === "tmux" ? socketPathOf({ ...place, privateDir: folder }, "tmux.sock") : null,
  };
}

const usualGraceMs = 5000;

/** Where the guards put their wrappers, if they are installed. */
async function guardsDirOf(privateDir: string): Promise<string | null> {
  const folder = join(privateDir, "guards", "bin");
  return stat(folder).then(
    (found) => (found.isDirectory() ? folder : null),
    () => null,
  );
}
