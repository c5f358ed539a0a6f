/** What the line says about itself: the queue, the integrator's sessions, main, the guards. */
import { z } from "zod";
import { defineEvent } from "./definition.ts";
import { actor, attempt, branch, code, count, line, path, sha, slug, text, time } from "./fields.ts";
import type { AgentStatus } from "./lifecycle-definition.ts";
import { mainMoved } from "./main-moved.ts";
import { deploymentGroup, inDomain, stalledGroup } from "./software-development.ts";
import { spoken, spokenFirst } from "./spoken.ts";

const candidate = { slug, branch, sha };

/** `move` counts the candidate's moves: without it, a second requeue of one attempt would be the first one again. */
const moveSchema = z.strictObject({
  ...candidate,
  attempt: attempt.default(1),
  move: count.optional(),
  ready_at: time.optional(),
  position: count.optional(),
  reason: text.optional(),
  by: actor.optional(),
  superseded_by: z.strictObject({ branch, sha }).optional(),
  moved_at: time.optional(),
});

const moves = {
  queued: "is queued",
  dequeued: "is on the line",
  superseded: "was superseded",
  requeued: "is queued again",
  withdrawn: "was withdrawn",
};

/** What a move makes of the candidate's notification: a second try is no alarm any more, nor is one taken back by hand. */
const statusAfter: { [move in keyof typeof moves]?: { agentStatus: AgentStatus; needsAttention: boolean } } =
  {
    requeued: { agentStatus: "in_progress", needsAttention: false },
    withdrawn: { agentStatus: "blocked", needsAttention: false },
  };

function candidateMove<const Move extends keyof typeof moves>(move: Move) {
  return defineEvent({
    type: inDomain(`integration.candidate.${move}`),
    summary: `A candidate ${moves[move]}.`,
    level: "operational",
    reserved: true,
    schema: moveSchema,
    idempotency: ["slug", "branch", "sha", "attempt", "move"],
    notification: {
      group: deploymentGroup,
      groupFields: ["slug"],
      effect: "updates",
      silent: true,
      ...statusAfter[move],
      title: (data) => `${data.slug} ${moves[move]}`,
      body: movedBody,
    },
  });
}

function followUp<const Step extends "opened" | "resolved">(step: Step) {
  return defineEvent({
    type: inDomain(`integration.follow_up.${step}`),
    summary: `The follow-up of a blocked candidate was ${step}.`,
    level: "operational",
    reserved: true,
    schema: z.strictObject({
      ...candidate,
      attempt: attempt.default(1),
      follow_up_slug: slug,
      reason: text.optional(),
      by: actor.optional(),
      [`${step}_at`]: time.optional(),
    }),
    idempotency: "content",
  });
}

/** Why it moved, and who moved it, once. */
function movedBody({ reason, by }: z.output<typeof moveSchema>): string {
  if (by === undefined) return reason ?? "";
  if (reason === undefined) return `By ${spoken(by)}.`;
  return reason.includes(`by ${by}`) ? reason : `${reason} (by ${spoken(by)})`;
}

function cutoverTitle(data: { enabled: boolean; parity_evidence_accepted?: boolean | undefined }): string {
  if (!data.enabled) return "The cutover is off: main is left to others";
  const isAccepted = data.parity_evidence_accepted !== false;
  return isAccepted ? "The cutover is on: the line lands" : "The cutover is on, but parity is not accepted";
}

export const integration = [
  candidateMove("queued"),
  candidateMove("dequeued"),
  candidateMove("superseded"),
  candidateMove("requeued"),
  candidateMove("withdrawn"),
  defineEvent({
    type: inDomain("integration.candidate.shadowed"),
    summary: "The line is in shadow: what it would have done with a candidate, with main as it is.",
    level: "operational",
    reserved: true,
    schema: z.strictObject({
      ...candidate,
      main: sha,
      /** would_land, would_block, already_on_main or superseded. */
      outcome: code,
      reason: code.optional(),
      detail: text,
      /** The tree that git makes of main and the candidate. */
      tree: sha.optional(),
      shadowed_at: time.optional(),
    }),
    idempotency: ["slug", "branch", "sha", "main"],
  }),
  followUp("opened"),
  followUp("resolved"),
  defineEvent({
    type: inDomain("integration.session.started"),
    summary: "An integrator took the lease and began.",
    level: "infrastructure",
    visibility: "local",
    reserved: true,
    schema: z.strictObject({
      session_id: actor,
      lease_token: count,
      queue_depth: count.optional(),
      host: line(255).optional(),
      pid: count.optional(),
      mode: code.optional(),
      started_at: time.optional(),
    }),
    idempotency: ["session_id"],
  }),
  defineEvent({
    type: inDomain("integration.session.ended"),
    summary: "An integrator gave the lease back and ended.",
    level: "infrastructure",
    visibility: "local",
    reserved: true,
    schema: z.strictObject({
      session_id: actor,
      lease_token: count,
      integrated: count,
      blocked: count,
      superseded: count,
      why: text.min(1),
      ended_at: time.optional(),
    }),
    idempotency: ["session_id"],
  }),
  mainMoved,
  defineEvent({
    type: inDomain("integration.stalled"),
    summary: "Nothing has moved for a while: the line waits for something.",
    level: "business",
    reserved: true,
    schema: z.strictObject({
      since: time,
      waiting_for: text.min(1),
      queue_depth: count,
      slug: slug.optional(),
    }),
    idempotency: ["since"],
    notification: {
      group: () => stalledGroup,
      groupFields: [],
      effect: "creates",
      needsAttention: true,
      meaningful: ["since", "waiting_for"],
      title: () => "The line stands still",
      body: (data) =>
        `Since ${data.since} it waits for ${data.waiting_for}; ${data.queue_depth} in the queue.`,
    },
  }),
  defineEvent({
    type: inDomain("integration.queue.paused"),
    summary: "The queue was paused, at once or once it is empty.",
    level: "business",
    reserved: true,
    schema: z.strictObject({
      by: actor,
      reason: text,
      draining: z.boolean().default(false),
      paused_at: time.optional(),
    }),
    idempotency: "each",
    notification: {
      group: () => "integration/queue",
      groupFields: [],
      effect: "creates",
      meaningful: ["reason", "draining"],
      title: (data) => (data.draining ? "The queue is drained, then paused" : "The queue is paused"),
      body: (data) => `By ${spoken(data.by)}: ${data.reason}`,
      actions: ["resume"],
    },
  }),
  defineEvent({
    type: inDomain("integration.queue.resumed"),
    summary: "The queue goes on.",
    level: "business",
    reserved: true,
    schema: z.strictObject({ by: actor, reason: text.optional(), resumed_at: time.optional() }),
    idempotency: "each",
    notification: {
      group: () => "integration/queue",
      groupFields: [],
      effect: "resolves",
      title: () => "The queue goes on",
      body: (data) => `Resumed by ${spoken(data.by)}.`,
    },
  }),
  defineEvent({
    type: inDomain("integration.cutover.changed"),
    summary: "The cutover was switched.",
    level: "business",
    reserved: true,
    schema: z.strictObject({
      by: actor,
      reason: text,
      enabled: z.boolean(),
      parity_evidence_accepted: z.boolean().optional(),
      /** Digest of the parity report that is accepted. */
      evidence: line(100).optional(),
      changed_at: time.optional(),
    }),
    idempotency: "each",
    notification: {
      group: () => "integration/cutover",
      groupFields: [],
      effect: "creates",
      meaningful: ["enabled", "parity_evidence_accepted"],
      title: cutoverTitle,
      body: (data) => `By ${spoken(data.by)}: ${data.reason}`,
    },
  }),
  defineEvent({
    type: inDomain("integration.guard.blocked"),
    summary: "A guard refused a command or a push.",
    level: "operational",
    reserved: true,
    schema: z.strictObject({
      actor,
      command: text,
      ref: line(1024),
      rule: line(100),
      blocked_at: time.optional(),
    }),
    idempotency: "each",
    notification: {
      group: (data) => `guard/${data.actor}`,
      groupFields: ["actor"],
      effect: "creates",
      meaningful: ["ref", "rule"],
      title: (data) => `A guard stopped ${spoken(data.actor)}`,
      body: (data) => `${data.command} on ${data.ref}: ${data.rule}`,
    },
  }),
  defineEvent({
    type: inDomain("integration.guard.opened"),
    summary: "Somebody broke the glass: the guard stands open for a while.",
    level: "business",
    reserved: true,
    schema: z.strictObject({ actor, reason: text.min(1), until: time, opened_at: time.optional() }),
    idempotency: ["actor", "reason", "until"],
    notification: {
      group: (data) => `guard/opened/${data.actor}`,
      groupFields: ["actor"],
      effect: "creates",
      needsAttention: true,
      meaningful: ["until"],
      title: (data) => `${spokenFirst(data.actor)} opened the guard`,
      body: (data) => `Until ${data.until}: ${data.reason}`,
    },
  }),
  defineEvent({
    type: inDomain("integration.collision.found"),
    summary: "Two branches in work change the same files.",
    level: "operational",
    reserved: true,
    schema: z.strictObject({
      slug,
      other_slug: slug,
      sha,
      other_sha: sha,
      paths: z.array(path).min(1).max(200),
      found_at: time.optional(),
    }),
    idempotency: "content",
    notification: {
      group: (data) => `collision/${data.slug}/${data.other_slug}`,
      groupFields: ["slug", "other_slug"],
      effect: "creates",
      quiet: true,
      meaningful: ["paths"],
      title: (data) => `${data.slug} and ${data.other_slug} will collide`,
      body: (data) => data.paths.slice(0, 5).join(", "),
    },
  }),
] as const;
