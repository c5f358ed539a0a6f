/** Follow-ups in Redis: one per blocked candidate, kept after they are resolved. */
import type { Op } from "../../events/atomic-write.ts";
import type { Redis } from "../../redis/connection.ts";
import type { Keys } from "../../redis/keys.ts";
import { type Candidate, candidateKey } from "../candidate.ts";
import type { FollowUp } from "../follow-up.ts";

export type FollowUpStore = {
  of(candidate: Candidate): Promise<FollowUp | null>;
  /** Those that exist, of these candidates. */
  ofAll(candidates: readonly Candidate[]): Promise<FollowUp[]>;
  all(): Promise<FollowUp[]>;
  putOp(followUp: FollowUp): Op;
};

export function openFollowUpStore(options: { redis: Redis; keys: Keys }): FollowUpStore {
  const { redis, keys } = options;
  const parse = (raw: string): FollowUp => JSON.parse(raw);
  return {
    async of(candidate) {
      const raw = await redis.command(["HGET", keys.followUps, candidateKey(candidate)]);
      return typeof raw === "string" ? parse(raw) : null;
    },
    async ofAll(candidates) {
      if (candidates.length === 0) return [];
      const raws = await redis.command(["HMGET", keys.followUps, ...candidates.map(candidateKey)]);
      return Array.isArray(raws) ? raws.filter((raw) => typeof raw === "string").map(parse) : [];
    },
    async all() {
      const raws = await redis.command(["HVALS", keys.followUps], { deadlineMs: 30_000 });
      return Array.isArray(raws) ? raws.filter((raw) => typeof raw === "string").map(parse) : [];
    },
    putOp: (followUp) => ({
      op: "hset",
      key: keys.followUps,
      field: candidateKey(followUp.candidate),
      value: JSON.stringify(followUp),
    }),
  };
}
