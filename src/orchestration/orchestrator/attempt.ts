/**
 * Pure. What became of the workers of one step: which sessions are theirs, and what each one's end says. A worker that was
 * ended before it ran does not count; one that a person ended is not started again behind their back.
 */
import { createHash } from "node:crypto";
import type { Phase } from "../phases.ts";
import { type Role, type Session, sessionIdOf } from "../sessions/session.ts";
import { type Verdict, verdictOf } from "../sessions/verdict.ts";

export type WorkPhase = Exclude<Phase, "prepare">;
export type WorkerRole = "builder" | "reviewer" | "fixer" | "finalizer";

export const workerRoles: Readonly<Record<WorkPhase, WorkerRole>> = {
  build: "builder",
  review: "reviewer",
  fix: "fixer",
  finalize: "finalizer",
};

export type Fate =
  | { kind: "at_work" }
  /** It gave no sign of life for its role's limit. */
  | { kind: "silent" }
  /** Its keeper was killed, and what is left of it is not ended yet. */
  | { kind: "lost" }
  /** Over before its worker began. */
  | { kind: "never_ran" }
  /** A person ended it. */
  | { kind: "called_off"; by: string }
  | { kind: "failed"; why: string }
  /** It ended by itself, and well. */
  | { kind: "finished" };

export type Attempt = { sessionId: string; fate: Fate; said: Verdict };

/**
 * The session of the `attempt`-th worker (from 1) of the step that began with the event `since`. The name says which one
 * it is, so whoever wants to start it twice starts it once.
 */
export function sessionNamed(
  role: Role,
  slug: string,
  { since, attempt }: { since: string; attempt: number },
): { id: string; key: string } {
  const key = createHash("sha256").update(`${since} ${attempt}`).digest("hex").slice(0, 10);
  return { id: sessionIdOf(role, slug, key), key };
}

/** Reads a session. */
export function attemptOf(session: Session): Attempt {
  const said = verdictOf(session.end?.lastLine ?? null);
  return { sessionId: session.id, fate: fateOf(session, said), said };
}

/** Whether a session of this role works on an item. */
export function isWorker(role: string): role is WorkerRole {
  return Object.values(workerRoles).some((each) => each === role);
}

/** Whether who has spoken is a session that an orchestrator has started, or an orchestrator itself. */
export function isOfFleet(by: string): boolean {
  return /^(?:orchestrator|builder|reviewer|fixer|finalizer)-[a-z0-9-]+$/.test(by);
}

function fateOf({ state, end, startedAt }: Session, said: Verdict): Fate {
  if (end === null) return state === "silent" || state === "lost" ? { kind: state } : { kind: "at_work" };
  switch (end.how) {
    case "lost":
      return startedAt === null ? { kind: "never_ran" } : { kind: "failed", why: end.why };
    case "ended":
      return end.by === null || isOfFleet(end.by)
        ? { kind: "failed", why: end.why }
        : { kind: "called_off", by: end.by };
    case "exited": {
      // A no is believed however its worker ends; a yes only from one that ended well.
      const isDone = end.exitCode === 0 || said.kind === "request_changes";
      return isDone ? { kind: "finished" } : { kind: "failed", why: end.why };
    }
    case "not_started":
    case "signalled":
      return { kind: "failed", why: end.why };
    default:
      return end.how satisfies never;
  }
}
