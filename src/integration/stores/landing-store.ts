/** What has landed, by `<slug>@<sha>`. Written only with the outcome (`hands/announce.ts`) or rebuilt from git. */
import type { Redis } from "../../redis/connection.ts";
import type { Keys } from "../../redis/keys.ts";
import { type Candidate, landingName } from "../candidate.ts";
import type { Landing } from "../outcomes.ts";

export type LandingStore = {
  of(candidate: Candidate): Promise<Landing | null>;
  /** Does a landing of this name (`<slug>@<sha>`, from a commit's trailer) exist? */
  has(name: string): Promise<boolean>;
};

export function openLandingStore({ redis, keys }: { redis: Redis; keys: Keys }): LandingStore {
  return {
    async of(candidate) {
      const raw = await redis.command(["HGET", keys.landings, landingName(candidate)]);
      if (typeof raw !== "string") return null;
      const landing: Landing = JSON.parse(raw);
      return landing;
    },
    async has(name) {
      return (await redis.command(["HEXISTS", keys.landings, name])) === 1;
    },
  };
}
