/** Whether what people write to the bot is heard: noted by whoever listens, read by whoever examines the house. */
import { z } from "zod";
import { isoTime } from "../clock.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { serverTimeMs } from "../redis/server-time.ts";

const troubleSchema = z.object({
  why: z.string(),
  /** Somebody else takes what is said: between two quarrels, each of both hears a part of it. */
  conflict: z.boolean(),
  at: z.string(),
});

/** Times are RFC 3339, by the Redis clock. */
const recordSchema = z.object({
  hears: z.boolean(),
  /** When it was last answered, if only with nothing new; null: never. */
  answered_at: z.string().nullable(),
  /** The last trouble; since when, where it lasts. */
  trouble: troubleSchema.nullable(),
});

export type EarRecord = z.infer<typeof recordSchema>;

export type Ear = {
  /** It was answered. */
  hears(): Promise<void>;
  /** It was refused, or not answered. One trouble after another of the same words is one. */
  deaf(why: string, conflict: boolean): Promise<void>;
};

type EarPlace = { redis: Redis; keys: Pick<Keys, "telegram"> };

/** The ear of whoever listens. Writes throw what Redis throws. */
export function openEar({ redis, keys }: EarPlace): Ear {
  async function note(change: (before: EarRecord | null, now: string) => EarRecord): Promise<void> {
    const [before, nowMs] = await Promise.all([readEar({ redis, keys }), serverTimeMs(redis)]);
    await redis.command(["HSET", keys.telegram, field, JSON.stringify(change(before, isoTime(nowMs)))]);
  }
  return {
    hears: () => note((before, now) => ({ hears: true, answered_at: now, trouble: before?.trouble ?? null })),
    deaf: (why, conflict) =>
      note((before, now) => {
        const lasts = before?.hears === false && before.trouble?.why === why ? before.trouble : null;
        const trouble = lasts ?? { why, conflict, at: now };
        return { hears: false, answered_at: before?.answered_at ?? null, trouble };
      }),
  };
}

/** What was noted last; null where nobody has listened yet, or what lies there is none of it. */
export async function readEar({ redis, keys }: EarPlace): Promise<EarRecord | null> {
  const raw = await redis.command(["HGET", keys.telegram, field]);
  if (typeof raw !== "string") return null;
  try {
    const parsed = recordSchema.safeParse(JSON.parse(raw));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const field = "ear";
