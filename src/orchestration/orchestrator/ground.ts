/** What an orchestrator stands on, and what it keeps in mind of one item while it walks it. (Types.) */
import type { AtomicWriter } from "../../events/atomic-write.ts";
import type { Lock } from "../../events/lock.ts";
import type { StreamSource } from "../../events/stream.ts";
import type { FinalizeGround } from "../finalize.ts";
import type { SessionsPlace } from "../sessions/find-sessions.ts";
import type { Variables } from "../sessions/worker-environment.ts";
import type { FollowUpText, StartGround } from "../start-item.ts";
import type { WorkItems } from "../work-items.ts";
import type { WorkPhase } from "./attempt.ts";
import type { PrepareFailure } from "./next-step.ts";

export type OrchestratorGround = {
  /** Starting and preparing, with what the line knows of plans now. */
  starting(): Promise<StartGround>;
  /** Also all that marking stands on. */
  finalizing: FinalizeGround & { roundsMax: number };
  source: StreamSource;
  writer: AtomicWriter;
  lock: (name: string) => Lock;
  sessions: SessionsPlace;
  /** The workers' commands, as configured; null: there is none, for `finalize` the built-in one. */
  commands: Readonly<Record<WorkPhase, string | null>>;
  /** A command prepares worktrees. */
  isPreparing: boolean;
  runner: "process" | "tmux";
  /** How long a worker may give no sign of life, ms. */
  silenceMs: Readonly<Record<WorkPhase, number>>;
  /** The caller's environment, and the variables in it that hold secrets. */
  variables: Variables;
  secretNames: readonly string[];
  followUp(slug: string): Promise<FollowUpText | null>;
  /** The orchestrator's session. */
  by: string;
  /** One line of progress about an item, or about all (null). */
  tell(slug: string | null, line: string): void;
};

/** One item in an orchestrator's hands: what it says is said under the item's lock. */
export type Walker = {
  ground: OrchestratorGround;
  slug: string;
  items: WorkItems;
  /** Work that somebody else has begun is taken over. */
  takesOver: boolean;
  /** Called off, or the lock is lost. */
  stop: AbortSignal;
  memory: Memory;
};

/** Nothing that a crash may not lose: it is asked, or tried, again. */
export type Memory = {
  prepared: boolean;
  prepareFailures: PrepareFailure[];
  finalizeTrouble: { why: string; cure: string | null } | null;
};
