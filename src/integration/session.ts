/**
 * One integrator session from its parts: what `signalbox integrate` runs, in a process of its own that the daemon
 * starts. It connects, drains, and closes everything it opened.
 */
import { eventSource } from "../events/envelope.ts";
import { connect } from "../redis/connection.ts";
import { locateEngine } from "../redis/engine.ts";
import { keysOf } from "../redis/keys.ts";
import { ownerOfThisProcess } from "../redis/owner.ts";
import { engineOf, openLine, type Workplace } from "../workplace.ts";
import { runIntegrator, type SessionLog, type SessionResult } from "./integrator.ts";
import { sessionParts } from "./session-parts.ts";

export type SessionOptions = {
  workplace: Workplace;
  log: SessionLog;
  stop: AbortSignal;
  /** How long it waits for more once the queue is empty, ms. Default 2000. */
  graceMs?: number;
  /** Ends after this many candidates. Default: none. */
  limit?: number;
};

/** Runs a session to its end. Throws a Failure where Redis cannot be reached. */
export async function integrate(options: SessionOptions): Promise<SessionResult> {
  const { workplace } = options;
  const engine = await locateEngine(engineOf(workplace));
  const redis = await connect(engine.target);
  try {
    const waiting = await redis.duplicate();
    try {
      const line = await openLine(workplace);
      try {
        const { config, repositoryId, git, clone } = workplace;
        const owner = await ownerOfThisProcess("integrator");
        const source = eventSource({ repositoryId, role: "integrator", sessionId: owner });
        const keys = keysOf(repositoryId);
        const { log, graceMs = 2000, limit = Number.POSITIVE_INFINITY, stop } = options;
        const parts = sessionParts({ redis, waiting, line, keys, config, git, clone, owner, source, log });
        return await runIntegrator({ ...parts, graceMs, limit }, stop);
      } finally {
        await line.close();
      }
    } finally {
      await waiting.close();
    }
  } finally {
    await redis.close();
  }
}
