/** A session as `--json` shows it. (No I/O.) */
import { isoTime } from "../clock.ts";
import type { Session } from "../orchestration/sessions/session.ts";
import type { LogSizes } from "../orchestration/sessions/session-log.ts";
import type { ProcessRecord } from "./process-file.ts";
import type { SessionShape } from "./shapes.ts";

/** Every field of the contract; what is not known (yet) is null. */
export function sessionShape(session: Session, sizes: LogSizes): SessionShape {
  const { end } = session;
  return {
    session_id: session.id,
    role: session.role,
    slug: session.slug,
    state: session.state,
    runner: session.runner,
    pid: session.process?.pid ?? null,
    worktree: session.worktree,
    command: session.argv,
    created_at: session.createdAt,
    started_at: session.startedAt,
    last_sign_at: session.lastSignMs === null ? null : isoTime(session.lastSignMs),
    silence_limit_ms: session.silenceLimitMs,
    printed_bytes: sizes.printed,
    cut_bytes: sizes.cut,
    ended_at: end?.endedAt ?? null,
    exit_code: end?.exitCode ?? null,
    signal: end?.signal ?? null,
    why: end?.why ?? null,
    last_line: end?.lastLine ?? null,
  };
}

/** The integrator is a session, too; it has a process file and a log of its own. */
export function integratorShape(record: ProcessRecord): SessionShape {
  const { pid } = record.process;
  return {
    session_id: integratorId(pid),
    role: "integrator",
    slug: null,
    state: "running",
    runner: "none",
    pid,
    worktree: null,
    command: ["signalbox", "integrate"],
    created_at: record.since,
    started_at: record.since,
    last_sign_at: null,
    silence_limit_ms: null,
    printed_bytes: 0,
    cut_bytes: 0,
    ended_at: null,
    exit_code: null,
    signal: null,
    why: null,
    last_line: null,
  };
}

/** How the integrator with this process is called in the list. */
export function integratorId(pid: number): string {
  return `integrator-${pid}`;
}
