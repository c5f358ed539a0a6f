/** What has landed, by `<slug>@<sha>`. Written only with the outcome (`hands/announce.ts`) or rebuilt from git. */
import type { Redis } from "../../redis/connection.ts";
import type { Keys } from "../../redis/keys.ts";
import { type Candidate, landingName } from "../candidate.ts";
import type { Landing } from "../outcomes.ts";

export type LandingStore = {
  /** By a candidate, or by its name as a commit's trailer has it (`<slug>@<sha>`). */
  of(candidate: Candidate | string): Promise<Landing | null>;
};

export function openLandingStore({ redis, keys }: { redis: Redis; keys: Keys }): LandingStore {
  return {
    async of(candidate) {
      const name = typeof candidate === "string" ? candidate : landingName(candidate);
      const raw = await redis.command(["HGET", keys.landings, name]);
      if (typeof raw !== "string") return null;
      const landing: Landing = JSON.parse(raw);
      return landing;
    },
  };
}
