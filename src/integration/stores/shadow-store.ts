/**
 * What the integrator would have done, by candidate: the newest decision, replaced when main has moved. Written with its
 * event, so that the log has all of them.
 */
import { isoTime } from "../../clock.ts";
import type { AtomicWriter, EventDraft } from "../../events/atomic-write.ts";
import type { Redis } from "../../redis/connection.ts";
import type { Keys } from "../../redis/keys.ts";
import { serverTimeMs } from "../../redis/server-time.ts";
import { type Candidate, candidateKey, landingName } from "../candidate.ts";
import type { ReasonCode } from "../reasons.ts";

export const shadowOutcomes = ["would_land", "would_block", "already_on_main", "superseded"] as const;

/** A decision that changed nothing. */
export type ShadowDecision = {
  candidate: Candidate;
  /** Main as it was then. */
  main: string;
  outcome: (typeof shadowOutcomes)[number];
  /** Why it would be blocked. */
  reason: ReasonCode | null;
  /** In a sentence. */
  detail: string;
  /** What git makes of main and the candidate; null where nothing would be made. */
  tree: string | null;
};

export type ShadowRecord = ShadowDecision & { at: string };

export type ShadowStore = {
  /** The newest decisions about these candidates, in their order; null where there is none. */
  of(candidates: readonly Candidate[]): Promise<(ShadowRecord | null)[]>;
  all(): Promise<ShadowRecord[]>;
  /** Records a decision and says it; once for a candidate and a main. */
  record(decision: ShadowDecision): Promise<void>;
  /** Forgets those of before this time (ms, Redis' clock). */
  forgetBefore(ms: number): Promise<void>;
};

export function openShadowStore(options: { redis: Redis; keys: Keys; writer: AtomicWriter }): ShadowStore {
  const { redis, keys, writer } = options;

  async function rawOf(candidates: readonly Candidate[]): Promise<(string | null)[]> {
    if (candidates.length === 0) return [];
    const found = await redis.command(["HMGET", keys.shadow, ...candidates.map(candidateKey)]);
    return candidates.map((_, at) => (Array.isArray(found) ? textOf(found[at]) : null));
  }

  async function all(): Promise<ShadowRecord[]> {
    const values = await redis.command(["HVALS", keys.shadow], { deadlineMs: 30_000 });
    return Array.isArray(values) ? values.map((value) => parse(String(value))) : [];
  }

  return {
    all,
    async of(candidates) {
      return (await rawOf(candidates)).map((raw) => (raw === null ? null : parse(raw)));
    },
    async record(decision) {
      const at = isoTime(await serverTimeMs(redis));
      const [raw = null] = await rawOf([decision.candidate]);
      if (raw !== null && parse(raw).main === decision.main) return;
      const field = candidateKey(decision.candidate);
      const value = JSON.stringify({ ...decision, at });
      // Whoever was faster has decided about a main that is as new.
      await writer.write({
        guards: [{ kind: "field", key: keys.shadow, field, equals: raw }],
        ops: [{ op: "hset", key: keys.shadow, field, value }],
        events: [shadowedEvent(decision)],
      });
    },
    async forgetBefore(ms) {
      const limit = isoTime(ms);
      const old = (await all()).filter(({ at }) => at < limit);
      for (let from = 0; from < old.length; from += 500)
        await writer.write({
          ops: old
            .slice(from, from + 500)
            .map(({ candidate }) => ({ op: "hdel", key: keys.shadow, field: candidateKey(candidate) })),
        });
    },
  };
}

function shadowedEvent({ candidate, main, outcome, reason, detail, tree }: ShadowDecision): EventDraft {
  return {
    type: "domain.software-development.integration.candidate.shadowed",
    subject: candidate.slug,
    correlationId: landingName(candidate),
    data: {
      ...candidate,
      main,
      outcome,
      detail: detail.slice(0, 4000),
      ...(reason === null ? {} : { reason }),
      ...(tree === null ? {} : { tree }),
    },
  };
}

function parse(raw: string): ShadowRecord {
  const record: ShadowRecord = JSON.parse(raw);
  return record;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
