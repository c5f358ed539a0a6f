/**
 * Pure: a checkpoint's text, read back. All of it is checked: half a delivery would break the phase that needs the other
 * half, again in every session, and nothing would land any more.
 */
import { z } from "zod";
import type { Delivery } from "./delivery.ts";

const sha = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const texts = z.array(z.string());

const base = {
  candidate: z.object({ slug: z.string().min(1), branch: z.string().min(1), sha }),
  deliveryId: z.string().min(1),
  attempt: z.int().min(1),
  startedAtMs: z.number(),
};
const merge = z.object({ oldMain: sha, mergeCommit: sha, tip: sha, tree: sha, warnings: texts });
const intent = z.object({
  token: z.int(),
  leaseOld: sha.nullable(),
  leaseNew: sha.nullable(),
  sequence: z.int(),
});
const landed = {
  mergeCommit: sha,
  mainSha: sha,
  checks: texts,
  how: z.enum(["pushed", "ancestor", "recorded", "content"]),
};

const schema = z.discriminatedUnion("phase", [
  z.object({ ...base, phase: z.literal("picked") }),
  z.object({ ...base, phase: z.literal("merged"), merge }),
  z.object({ ...base, phase: z.literal("checked"), merge, checks: texts }),
  z.object({ ...base, phase: z.literal("pushing"), merge, checks: texts, intent }),
  z.object({ ...base, phase: z.literal("pushed"), ...landed }),
  z.object({ ...base, phase: z.literal("tidied"), ...landed, tidy: z.object({ done: texts, kept: texts }) }),
]) satisfies z.ZodType<Delivery>;

/** The delivery in a checkpoint's text; null for anything that is not a whole one. */
export function parseCheckpoint(text: string): Delivery | null {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
