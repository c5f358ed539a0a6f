/**
 * Pure: a follow-up as an agent gets it. Its requirements show both sides of every conflict already, so the evidence keeps
 * only what those name; and a text has a limit, since it costs an agent its memory.
 */
import { z } from "zod";
import { followUpSchema } from "../../board/shape-follow-up.ts";

const kept = followUpSchema.omit({ candidate: true, evidence: true, opened_at: true });
const conflictSchema = followUpSchema.shape.evidence.element.omit({ ours: true, theirs: true });

export const followUpAnswerSchema = z.object({
  found: z.boolean(),
  follow_up: z
    .object({ ...followUpSchema.shape.candidate.shape, ...kept.shape, conflicts: z.array(conflictSchema) })
    .nullable(),
});
export type FollowUpAnswer = z.infer<typeof followUpAnswerSchema>;

/** Characters of a text, and conflicts named. */
const textMax = 24_000;
const conflictsMax = 50;

/** What the command answered, cut to what an agent can use; `found: false` for its null. */
export function followUpAnswer(document: unknown): FollowUpAnswer {
  const followUp = followUpSchema.nullable().parse(document);
  if (followUp === null) return { found: false, follow_up: null };
  const { candidate, evidence, opened_at, requirements, plan, ...rest } = followUp;
  const whole = `signalbox follow-up ${candidate.slug}`;
  const conflicts = evidence.slice(0, conflictsMax).map(({ ours, theirs, ...conflict }) => conflict);
  const texts = { requirements: cut(requirements, whole), plan: cut(plan, whole) };
  return { found: true, follow_up: { ...candidate, ...rest, ...texts, conflicts } };
}

function cut(text: string, whole: string): string {
  if (text.length <= textMax) return text;
  return `${text.slice(0, textMax).toWellFormed()}\n\n[cut here; all of it: ${whole}]\n`;
}
