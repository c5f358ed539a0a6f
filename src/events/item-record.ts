/**
 * The record that a hand-over leaves in the clone before it emits (`refs/signalbox/items/<slug>`): enough to say the
 * same events again when they were not said, or when Redis has come back empty. Pure.
 */
import { z } from "zod";

const recordSchema = z.strictObject({
  slug: z.string(),
  branch: z.string(),
  sha: z.string(),
  recorded_at: z.string(),
  /** In the order they are to be said; types without their domain. */
  events: z.array(
    z.strictObject({
      type: z.enum(["review.approved", "branch.pushed", "deployment.started"]),
      data: z.record(z.string(), z.unknown()),
    }),
  ),
});

export type ItemRecordValue = z.output<typeof recordSchema>;

/** The record in a blob's JSON; null for anything that is none. */
export function parseItemRecord(value: unknown): ItemRecordValue | null {
  const parsed = recordSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}
