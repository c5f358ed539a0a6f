/**
 * Pure. The JSON that scripts, agents and surfaces rely on, as schemas: what the command line prints with `--json`, and what
 * the API answers. Times are RFC 3339 UTC, names snake_case, what is absent is null. Who only needs the types imports them
 * as types, and pays nothing. The shapes that only single commands print are in shapes-of-commands.ts.
 */
import { z } from "zod";

const nullableText = z.string().nullable();
const count = z.int().min(0);

const queueStatusSchema = z.enum(["queued", "in_progress", "blocked", "integrated", "superseded"]);
export type QueueStatus = z.infer<typeof queueStatusSchema>;

const readinessStatusSchema = z.enum(["NOT_READY", "READY", "SUPERSEDED", "INTEGRATED"]);
export type ReadinessStatus = z.infer<typeof readinessStatusSchema>;

/** Who stopped the queue, and why. */
export const pausedSchema = z.object({
  by: z.string(),
  at: z.string(),
  reason: z.string(),
  draining: z.boolean(),
});

export const leaseSchema = z.object({
  owner_session_id: z.string(),
  lease_token: z.int(),
  acquired_at: z.string(),
  expires_at: z.string(),
});

export const queueCountsSchema = z.object({
  queued: count,
  in_progress: count,
  blocked: count,
  integrated: count,
  superseded: count,
});

export const processorSchema = z.object({ lag: count, last_event_id: nullableText, quarantined: count });
export const modeSchema = z.enum(["live", "shadow"]);
export const protectionSchema = z.enum(["advisory", "detecting", "enforced"]);
export const fenceSchema = z.enum(["ref", "hook", "both", "none"]);

/** `status`. */
export const statusSchema = z.object({
  repository: z.string(),
  remote: z.string(),
  main: z.string(),
  main_sha: nullableText,
  daemon: z.object({
    running: z.boolean(),
    pid: z.int().nullable(),
    url: nullableText,
    since: nullableText,
  }),
  redis: z.object({
    kind: z.enum(["embedded", "local", "remote"]),
    version: z.string(),
    persistence: z.enum(["always", "everysec", "none"]),
  }),
  mode: modeSchema,
  cutover: z.object({
    enabled: z.boolean(),
    parity_evidence_accepted: z.boolean(),
    decided: z
      .object({ by: z.string(), at: z.string(), reason: z.string() })
      .nullable()
      .describe("who decided it last; null where it is as the configuration began"),
  }),
  paused: pausedSchema.nullable(),
  lease: leaseSchema.nullable(),
  queue: queueCountsSchema,
  processor: processorSchema,
  checks: z.array(z.string()),
  protection: protectionSchema,
  fence: fenceSchema,
});
export type StatusShape = z.infer<typeof statusSchema>;

/** When each phase of a delivery began. */
export const phasesSchema = z.array(z.object({ phase: z.string(), began_at: z.string() }));

/** One row of `queue`, and `queue show`. */
export const queueItemSchema = z.object({
  slug: z.string(),
  branch: z.string(),
  sha: z.string(),
  ready_at: z.string(),
  status: queueStatusSchema,
  position: z.int().min(1).nullable().describe("1 is next; null where it does not wait in line"),
  attempt: z.int(),
  phase: nullableText.describe("the delivery's phase where it is on the line"),
  phases: phasesSchema.describe("those of the try in hand, in order, the one it is in at the end"),
  reason: nullableText.describe("a code, where it is blocked"),
  why: z.string(),
  next_action: nullableText,
  merge_commit: nullableText,
  main_sha: nullableText,
  follow_up_slug: nullableText,
  status_updated_at: z.string(),
  history: z.array(
    z.object({
      from: queueStatusSchema.nullable(),
      to: queueStatusSchema,
      at: z.string(),
      by: z.string(),
      reason: z.string(),
      code: nullableText.describe("why it was blocked, where this move did"),
    }),
  ),
});
export type QueueItemShape = z.infer<typeof queueItemSchema>;

export const conditionSchema = z.object({ name: z.string(), holds: z.boolean(), detail: z.string() });
export type ConditionShape = z.infer<typeof conditionSchema>;

/** One row of `candidates`. */
export const candidateSchema = z.object({
  slug: z.string(),
  branch: z.string(),
  sha: z.string(),
  ready_at: nullableText,
  status: readinessStatusSchema,
  reasons: z.array(z.string()),
  conditions: z.array(conditionSchema),
  superseded_by: nullableText.describe("the sha of the slug's newer candidate"),
});
export type CandidateShape = z.infer<typeof candidateSchema>;

/** `why`. */
export const whySchema = z.object({
  slug: z.string(),
  sentence: z.string().describe("what it waits for, and who can act"),
  who: z.string().describe("who can act: reviewer, worker, integrator, admin, nobody"),
  next_action: nullableText,
  branch: nullableText,
  sha: nullableText,
  status: z.union([queueStatusSchema, readinessStatusSchema]).nullable(),
  conditions: z.array(conditionSchema),
  follow_up_slug: nullableText,
});
export type WhyShape = z.infer<typeof whySchema>;

export const levelSchema = z.enum(["infrastructure", "operational", "workflow", "business"]);

/** One row of `notifications`. */
export const notificationSchema = z.object({
  id: z.string(),
  group: z.string(),
  title: z.string(),
  body: z.string(),
  level: levelSchema,
  human_status: z.enum(["unseen", "seen"]),
  agent_status: z.enum(["none", "claimed", "in_progress", "blocked", "resolved"]),
  claimed_by: nullableText,
  needs_attention: z.boolean(),
  actions: z.array(z.string()),
  created_at: z.string(),
  updated_at: z.string(),
  resolved_at: nullableText,
  history: z.array(z.object({ event_id: z.string(), at: z.string(), line: z.string() })),
});
export type NotificationShape = z.infer<typeof notificationSchema>;

/** One line of `events`: a CloudEvent with its place in the log. Extensions that say nothing are left out. */
export const eventSchema = z.object({
  specversion: z.literal("1.0"),
  id: z.string(),
  source: z.string(),
  type: z.string(),
  subject: z.string().optional(),
  time: z.string(),
  dataschema: z.string(),
  datacontenttype: z.literal("application/json"),
  data: z.record(z.string(), z.unknown()),
  idempotencykey: z.string(),
  eventlevel: levelSchema,
  visibility: z.enum(["local", "cluster", "public"]),
  correlationid: z.string().optional(),
  causationid: z.string().optional(),
  traceparent: z.string().optional(),
  tracestate: z.string().optional(),
  sequence: z.string(),
  epoch: z.string(),
  streamid: z.string(),
});
export type EventShape = z.infer<typeof eventSchema>;

/** What saying an event answers. */
export const emittedSchema = z.object({ id: z.string(), stream_id: z.string(), duplicate: z.boolean() });
export type EmittedShape = z.infer<typeof emittedSchema>;

/** One row of `sessions list`. */
export const sessionSchema = z.object({
  session_id: z.string(),
  role: z.string(),
  slug: nullableText,
  state: z.string(),
  runner: z.string(),
  pid: z.int().nullable(),
  worktree: nullableText,
  command: z.array(z.string()).readonly(),
  created_at: z.string(),
  started_at: nullableText,
  last_sign_at: nullableText,
  silence_limit_ms: z.number().nullable(),
  printed_bytes: count,
  cut_bytes: count,
  ended_at: nullableText,
  exit_code: z.int().nullable(),
  signal: nullableText,
  why: nullableText,
  last_line: nullableText,
});
export type SessionShape = z.infer<typeof sessionSchema>;

/** One check of `doctor`. */
export const findingSchema = z.object({
  name: z.string(),
  level: z.enum(["ok", "warning", "error"]),
  detail: z.string(),
  cure: nullableText.describe("what to do; null where all is well"),
});
export type Finding = z.infer<typeof findingSchema>;

/** `doctor`. */
export const doctorSchema = z.object({ ok: z.boolean(), checks: z.array(findingSchema) });
export type DoctorShape = z.infer<typeof doctorSchema>;
