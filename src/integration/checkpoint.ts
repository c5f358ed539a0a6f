/**
 * Pure: a checkpoint's text, read back. All of it is checked: half a delivery would break the phase that needs the other
 * half, again in every session, and nothing would land any more.
 */
import { z } from "zod";
import { traceSchema } from "../telemetry/trace-schema.ts";
import { type Delivery, phases } from "./delivery.ts";

const sha = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const texts = z.array(z.string());

const taken = {
  candidate: z.object({ slug: z.string().min(1), branch: z.string().min(1), sha }),
  deliveryId: z.string().min(1),
  attempt: z.int().min(1),
  startedAtMs: z.number(),
  began: z.partialRecord(z.enum(phases), z.number()).optional(),
  trace: traceSchema,
};
const merge = z.object({
  oldMain: sha,
  mergeCommit: sha,
  tip: sha,
  tree: sha,
  warnings: texts,
  atTip: z.boolean(),
});
const intent = z.object({
  token: z.int(),
  leaseOld: sha.nullable(),
  leaseNew: sha.nullable(),
  sequence: z.int(),
  deletes: z.array(z.object({ branch: z.string().min(1), sha })),
});
const followed = { ...taken, followers: z.array(z.object({ ...taken, merge })) };
const landed = {
  mergeCommit: sha,
  mainSha: sha,
  checks: texts,
  how: z.enum(["pushed", "ancestor", "recorded", "content"]),
  deleted: texts,
};
const checked = { ...followed, merge, checks: texts, apart: z.boolean() };

const schema = z.discriminatedUnion("phase", [
  z.object({ ...taken, phase: z.literal("picked") }),
  z.object({ ...followed, phase: z.literal("merged"), merge }),
  z.object({ ...checked, phase: z.literal("checked") }),
  z.object({ ...checked, phase: z.literal("pushing"), intent }),
  z.object({ ...followed, phase: z.literal("pushed"), ...landed }),
  z.object({
    ...followed,
    phase: z.literal("tidied"),
    ...landed,
    tidy: z.object({ done: texts, kept: texts }),
  }),
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
