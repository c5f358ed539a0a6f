/** An integrator session in the test's own process, over a yard; its hands can be reached into. */

import { runIntegrator, type SessionResult } from "../../src/integration/integrator.ts";
import { sessionParts } from "../../src/integration/session-parts.ts";
import type { IntegratorParts } from "../../src/integration/session-ports.ts";
import { connect } from "../../src/redis/connection.ts";
import type { Yard } from "./yard.ts";

let sessions = 0;

export type Reach = {
  /** Changes the parts before the session runs: wraps a hand, say. */
  parts?: (parts: IntegratorParts) => void;
  stop?: AbortSignal;
  graceMs?: number;
  limit?: number;
};

/** Runs a session to its end. */
export async function runSession(yard: Yard, reach: Reach = {}): Promise<SessionResult> {
  const { keys, config, world, clone, permission } = yard;
  const owner = `integrator:test:1:1:${++sessions}`;
  const redis = await connect(yard.target);
  const waiting = await connect(yard.target);
  const line = await world.line();
  try {
    const source = `signalbox/test/${owner}`;
    const log = { info() {}, warn() {} };
    const { git } = world;
    const ground = { redis, waiting, line, keys, config, git, clone, owner, source, log, permission };
    const parts = sessionParts(ground);
    const { graceMs = 0, limit = Number.POSITIVE_INFINITY } = reach;
    const whole: IntegratorParts = { ...parts, graceMs, limit };
    reach.parts?.(whole);
    return await runIntegrator(whole, reach.stop ?? new AbortController().signal);
  } finally {
    await waiting.close();
    await redis.close();
  }
}

/**
 * Runs a session that is told to stop when it comes to a hand: what this hand does, after
 * `before`, is the last that is done.
 */
export async function runSessionInto(
  yard: Yard,
  hand: "picked" | "checked" | "pushing",
  before: () => Promise<void> = async () => {},
): Promise<void> {
  const term = new AbortController();
  const parts = ({ hands }: IntegratorParts) => {
    const act = hands[hand];
    Object.assign(hands, {
      [hand]: async (...given: Parameters<typeof act>) => {
        term.abort();
        await before();
        return Reflect.apply(act, hands, given);
      },
    });
  };
  await runSession(yard, { stop: term.signal, parts });
}
