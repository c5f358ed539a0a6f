/** What is said of the work on an item before it is handed over: its phases, its sessions, what a person is asked. */
import { z } from "zod";
import { defineEvent } from "./definition.ts";
import { actor, attempt, branch, code, count, remote, sha, slug, text, time } from "./fields.ts";
import { inDomain, reviewGroup, workGroup } from "./software-development.ts";
import { spoken } from "./spoken.ts";

const candidate = { slug, branch, sha };

export const work = [
  defineEvent({
    type: inDomain("work.item.started"),
    summary: "Work on an item began, on this branch.",
    level: "operational",
    visibility: "local",
    schema: z.strictObject({
      slug,
      branch,
      by: actor,
      /** The commit it began at. */
      base_sha: sha.optional(),
      /** The blocked item whose follow-up it is. */
      follow_up_of: slug.optional(),
      mark: count.optional(),
      started_at: time.optional(),
    }),
    idempotency: "content",
  }),
  defineEvent({
    type: inDomain("work.phase.marked"),
    summary: "An item went on to a phase, or a phase got a verdict.",
    level: "operational",
    visibility: "local",
    schema: z.strictObject({
      slug,
      phase: code,
      status: code,
      round: count,
      by: actor,
      sha: sha.optional(),
      findings: z.string().max(32_768).optional(),
      /** A person let this round begin past the limit. */
      over_limit: z.boolean().optional(),
      /** Counts the item's changes: without it, a phase that is begun again would be the first one. */
      mark: count.optional(),
      marked_at: time.optional(),
    }),
    idempotency: "content",
    notification: {
      group: workGroup,
      groupFields: ["slug"],
      effect: "resolves",
      silent: true,
      title: (data) => `${data.slug} goes on: ${data.phase} ${data.status.replaceAll("_", " ")}`,
      body: (data) => `By ${spoken(data.by)}.`,
    },
  }),
  defineEvent({
    type: inDomain("work.person.asked"),
    summary: "The work on an item cannot go on by itself: a person has to decide.",
    level: "business",
    schema: z.strictObject({
      slug,
      /** Where it stands. */
      phase: code,
      reason: code,
      question: text.min(1),
      next_action: text.min(1),
      by: actor,
      mark: count.optional(),
      asked_at: time.optional(),
    }),
    idempotency: "content",
    notification: {
      group: workGroup,
      groupFields: ["slug"],
      effect: "creates",
      agentStatus: "blocked",
      needsAttention: true,
      meaningful: ["reason", "question", "mark"],
      title: (data) => `${data.slug} needs a decision: ${data.reason.replaceAll("_", " ")}`,
      body: (data) => `${data.question} Next: ${data.next_action}`,
      actions: ["ack", "drop"],
    },
  }),
  defineEvent({
    type: inDomain("work.item.dropped"),
    summary: "An item was given up.",
    level: "operational",
    schema: z.strictObject({
      slug,
      reason: text.min(1),
      by: actor,
      mark: count.optional(),
      dropped_at: time.optional(),
    }),
    idempotency: "content",
    notification: {
      group: workGroup,
      groupFields: ["slug"],
      effect: "resolves",
      alsoResolves: (data) => [reviewGroup(data)],
      silent: true,
      title: (data) => `${data.slug} was dropped`,
      body: (data) => `By ${spoken(data.by)}: ${data.reason}`,
    },
  }),
  defineEvent({
    type: inDomain("work.finalize.recorded"),
    summary: "An item's hand-over went on: pending, ready, handed over.",
    level: "operational",
    visibility: "local",
    schema: z.strictObject({
      ...candidate,
      attempt: attempt.default(1),
      status: code,
      by: actor,
      remote: remote.optional(),
      mark: count.optional(),
      recorded_at: time.optional(),
    }),
    idempotency: "content",
  }),
  defineEvent({
    type: inDomain("work.session.started"),
    summary: "A worker began.",
    level: "operational",
    visibility: "local",
    schema: z.strictObject({
      session_id: actor,
      role: code,
      slug: slug.optional(),
      started_at: time.optional(),
    }),
    idempotency: ["session_id"],
  }),
  defineEvent({
    type: inDomain("work.session.ended"),
    summary: "A worker ended.",
    level: "operational",
    visibility: "local",
    schema: z.strictObject({
      session_id: actor,
      role: code,
      slug: slug.optional(),
      why: text,
      exit_code: z.int().nullable().optional(),
      ended_at: time.optional(),
    }),
    idempotency: ["session_id"],
  }),
] as const;
