/** Pure. The JSON that only the API answers, as schemas: the whole board, a candidate in full, pages, history. */
import { z } from "zod";
import { followUpSchema } from "./shape-follow-up.ts";
import {
  candidateSchema,
  eventSchema,
  fenceSchema,
  leaseSchema,
  levelSchema,
  modeSchema,
  notificationSchema,
  pausedSchema,
  phasesSchema,
  processorSchema,
  protectionSchema,
  queueCountsSchema,
  queueItemSchema,
  whySchema,
} from "./shapes.ts";

const nullableText = z.string().nullable();
const count = z.int().min(0);

/** A candidate on its way, wherever on the line it is. */
export const trainSchema = z.object({
  slug: z.string(),
  branch: z.string(),
  sha: z.string(),
  place: z.enum(["not_ready", "queued", "on_the_line", "landed", "siding"]),
  position: z.int().min(1).nullable().describe("in the queue; 1 is next"),
  attempt: z.int().nullable(),
  phase: nullableText.describe("of the delivery, where it is on the line"),
  phase_since: nullableText.describe("when this phase began"),
  phases: phasesSchema.describe("of the delivery in hand, in order, the one it is in at the end"),
  since: nullableText.describe("when it came to this place"),
  ready_at: nullableText,
  reason: nullableText.describe("a code, where it is blocked"),
  why: z.string().describe("in words: what it waits for, or what became of it"),
  who: z.string().describe("who can act: reviewer, worker, integrator, admin, nobody"),
  next_action: nullableText,
  missing: z
    .array(z.object({ name: z.string(), detail: z.string() }))
    .describe("conditions that do not hold"),
  merge_commit: nullableText,
  main_sha: nullableText,
  follow_up_slug: nullableText,
});
export type Train = z.infer<typeof trainSchema>;

/** Everything a board shows at a glance. Lists are in the order in which they are read. */
export const boardSchema = z.object({
  at: z.string().describe("when it was read"),
  repository: z.string(),
  remote: z.string(),
  main: z.string(),
  main_sha: nullableText,
  mode: modeSchema,
  paused: pausedSchema.nullable(),
  lease: leaseSchema.nullable(),
  processor: processorSchema,
  checks: z.array(z.string()),
  protection: protectionSchema,
  fence: fenceSchema,
  links: z
    .object({ commit: z.string(), branch: z.string() })
    .nullable()
    .describe("addresses at the forge, with {sha} and {branch} to fill in; null where the remote is at none"),
  counts: queueCountsSchema.extend({ not_ready: count }),
  line: z.object({
    not_ready: z.array(trainSchema).describe("newest first"),
    queued: z.array(trainSchema).describe("in landing order"),
    on_the_line: z.array(trainSchema).describe("the one in hand, then those that travel in its push"),
    landed: z.array(trainSchema).describe("the newest first, at most 50"),
    siding: z.array(trainSchema).describe("blocked ones, the newest first"),
  }),
  inbox: z.object({ open: count, unseen: count, needs_attention: count }),
  sessions: z
    .array(
      z.object({
        session_id: z.string(),
        role: z.string(),
        slug: nullableText,
        state: z.string(),
        since: z.string(),
      }),
    )
    .describe("those that run"),
});
export type Board = z.infer<typeof boardSchema>;

/** Lines of one file that a candidate changes; null for a binary one. */
export const fileStatSchema = z.object({
  path: z.string(),
  insertions: count.nullable(),
  deletions: count.nullable(),
});
export type FileStatShape = z.infer<typeof fileStatSchema>;

/** One slug in full. */
export const candidateDetailSchema = z.object({
  candidate: candidateSchema.nullable().describe("the newest one, judged now"),
  why: whySchema,
  queue_item: queueItemSchema.nullable(),
  events: z.array(eventSchema).describe("of the slug, oldest first, the newest 500"),
  diffstat: z.array(fileStatSchema).describe("what it changes, at most 1000 files"),
  conflicts: followUpSchema.shape.evidence.describe("what git could not join, with both sides"),
  follow_up: followUpSchema.nullable(),
});
export type CandidateDetail = z.infer<typeof candidateDetailSchema>;

export const notificationPageSchema = z.object({
  items: z.array(notificationSchema),
  next: nullableText.describe("what to give as after for the next page; null on the last one"),
});
export type NotificationPage = z.infer<typeof notificationPageSchema>;

export const eventPageSchema = z.object({
  items: z.array(eventSchema),
  next: nullableText.describe("what to give as since (or before) for the next page; null on the last one"),
});
export type EventPage = z.infer<typeof eventPageSchema>;

export const eventTypeSchema = z.object({
  type: z.string(),
  summary: z.string(),
  level: levelSchema,
  schema: z.record(z.string(), z.unknown()).describe("JSON Schema of data"),
});
export type EventTypeShape = z.infer<typeof eventTypeSchema>;

/** What plots are made of. Times are of this many past days, by the Redis clock. */
export const historySchema = z.object({
  per_day: z
    .array(z.object({ day: z.string(), landed: count, blocked: count }))
    .describe("every day, UTC, the oldest first"),
  durations: z
    .object({
      p50_s: z.number().nullable(),
      p95_s: z.number().nullable(),
      buckets: z.array(
        z.object({ le_s: z.number().nullable().describe("upper bound; null: the rest"), count }),
      ),
    })
    .describe("from ready to landed"),
  blocked_by_reason: z.array(z.object({ reason: z.string(), count })).describe("the most frequent first"),
  depth: z
    .array(z.object({ at: z.string(), queued: count }))
    .describe("of the queue, at each change, thinned out to at most 500"),
});
export type HistoryShape = z.infer<typeof historySchema>;

export const roleSchema = z.enum(["viewer", "worker", "admin"]);
export type Role = z.infer<typeof roleSchema>;

export const meSchema = z.object({ name: z.string(), role: roleSchema });
export type Me = z.infer<typeof meSchema>;

/** RFC 9457, with a stable code and what to do next. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string().describe("stable; see the reference of errors"),
  detail: z.string(),
  hint: nullableText.describe("what to do next"),
  problems: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .describe("what is wrong with the input, field by field"),
});
export type Problem = z.infer<typeof problemSchema>;

/** What an act on a notification answers. */
export const actedSchema = z.object({
  applied: z.boolean().describe("false: it is said, and applied as soon as the processor runs"),
  notification: notificationSchema,
});
export type ActedShape = z.infer<typeof actedSchema>;
