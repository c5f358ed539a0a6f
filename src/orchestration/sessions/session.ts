/** Pure. What a session is, and in what state, from what is written down about it. */
import type { ProcessIdentity } from "../../process-identity.ts";
import type {
  EndingRecord,
  KeeperRecord,
  SessionEnd,
  SessionRequest,
  WorkerRecord,
} from "./session-files.ts";

/** Who works. */
export const roles = ["orchestrator", "builder", "reviewer", "fixer", "finalizer", "integrator"] as const;
export type Role = (typeof roles)[number];

/**
 * `starting`: its worker does not run yet · `running` · `silent`: it runs, without a sign of life for its role's limit ·
 * `ending`: its end was asked for · `ended` · `lost`: its keeper is gone without a word.
 */
export type SessionState = "starting" | "running" | "silent" | "ending" | "ended" | "lost";

export type Session = {
  id: string;
  role: string;
  slug: string | null;
  runner: SessionRequest["runner"];
  /** The command as it was started. */
  argv: readonly string[];
  worktree: string | null;
  state: SessionState;
  /** The worker; null before it runs. */
  process: ProcessIdentity | null;
  /** RFC 3339. */
  createdAt: string;
  startedAt: string | null;
  /** Its last output or call of its own, ms since the epoch on this machine's clock. */
  lastSignMs: number | null;
  silenceLimitMs: number | null;
  end: SessionEnd | null;
};

/** Everything that was found about a session. */
export type SessionFacts = {
  request: SessionRequest;
  keeper: KeeperRecord | null;
  keeperRuns: boolean;
  worker: WorkerRecord | null;
  ending: EndingRecord | null;
  ended: SessionEnd | null;
  silent: boolean;
  lastSignMs: number | null;
  /** How long ago it was asked for, ms. */
  ageMs: number;
};

/** A keeper that has not said that it is there after this long, ms, never will. */
export const keeperAppearsWithinMs = 30_000;

/** The session that the facts tell of. */
export function sessionOf(facts: SessionFacts): Session {
  const { request, worker, ended, lastSignMs } = facts;
  const { id, role, slug, runner, argv, worktree, createdAt, silenceLimitMs } = request;
  return {
    id,
    role,
    slug,
    runner,
    argv,
    worktree,
    state: stateOf(facts),
    process: worker?.process ?? null,
    createdAt,
    startedAt: worker?.startedAt ?? null,
    lastSignMs,
    silenceLimitMs,
    end: ended,
  };
}

function stateOf({ keeper, keeperRuns, worker, ending, ended, silent, ageMs }: SessionFacts): SessionState {
  if (ended !== null) return "ended";
  if (keeper === null) return ageMs < keeperAppearsWithinMs ? "starting" : "lost";
  if (!keeperRuns) return "lost";
  if (ending !== null) return "ending";
  if (worker === null) return "starting";
  return silent ? "silent" : "running";
}

/** A session's id: who works on what, and which time. */
export function sessionIdOf(role: Role, slug: string, key: string): string {
  return `${role}-${slug}-${key}`;
}

/** It may still have processes. */
export function isOpen({ state }: Session): boolean {
  return state !== "ended";
}
