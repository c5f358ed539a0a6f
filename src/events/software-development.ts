/** What the makers of software say: reviews, pushes, hand-overs, work; and what became of them. */
import { z } from "zod";
import { defineEvent } from "./definition.ts";
import { actor, attempt, branch, code, count, line, path, remote, sha, slug, text, time } from "./fields.ts";

/** The type of an event of this domain. */
export function inDomain<const Name extends string>(name: Name) {
  return `domain.software-development.${name}` as const;
}

/** The group of everything about one slug's way onto main. */
export const deploymentGroup = (data: { slug: string }) => `deployment/${data.slug}`;
const reviewGroup = (data: { slug: string }) => `review/${data.slug}`;
/** What a person was asked about an item's work. */
const workGroup = (data: { slug: string }) => `work/${data.slug}`;

const candidate = { slug, branch, sha };

const side = z.strictObject({
  mode: z.string().regex(/^[0-7]{5,6}$/),
  id: sha,
  excerpt: z.string().max(16_384).nullable().optional(),
});

const conflict = z.strictObject({
  path,
  kind: line(60),
  message: text,
  base: side.nullable().optional(),
  ours: side.nullable(),
  theirs: side.nullable(),
  main_commits: z.array(sha).max(100).optional(),
});

export const softwareDevelopment = [
  defineEvent({
    type: inDomain("review.approved"),
    summary: "A reviewer approved an item, at a commit where one is named.",
    level: "workflow",
    schema: z.strictObject({
      slug,
      review_round: attempt,
      reviewer_session_id: actor,
      approved_at: time,
      approved_sha: sha.optional(),
    }),
    idempotency: ["slug", "review_round", "approved_sha"],
    notification: {
      group: reviewGroup,
      groupFields: ["slug"],
      effect: "creates",
      quiet: true,
      meaningful: ["approved_sha"],
      title: (data) => `${data.slug} is approved`,
      body: (data) =>
        `Approved by ${data.reviewer_session_id} in round ${data.review_round}; it waits to be finalized.`,
    },
  }),
  defineEvent({
    type: inDomain("review.revoked"),
    summary: "An approval was taken back.",
    level: "workflow",
    schema: z.strictObject({
      slug,
      review_round: attempt,
      revoked_by: actor,
      reason: text.min(1),
      revoked_at: time.optional(),
    }),
    idempotency: ["slug", "review_round"],
    notification: {
      group: deploymentGroup,
      groupFields: ["slug"],
      effect: "updates",
      meaningful: ["reason"],
      alsoResolves: (data) => [reviewGroup(data)],
      title: (data) => `The approval of ${data.slug} was taken back`,
      body: (data) => `By ${data.revoked_by}: ${data.reason}`,
    },
  }),
  defineEvent({
    type: inDomain("branch.pushed"),
    summary: "A branch was pushed, and read back from the remote.",
    level: "operational",
    visibility: "local",
    schema: z.strictObject({ branch, sha, remote, pushed_at: time, pusher: actor }),
    idempotency: ["remote", "branch", "sha"],
  }),
  defineEvent({
    type: inDomain("deployment.started"),
    summary: "A candidate was finalized and handed over to the line.",
    level: "workflow",
    schema: z.strictObject({
      ...candidate,
      attempt: attempt.default(1),
      remote,
      pushed_at: time,
      pusher: actor,
      worker_session_id: actor,
      orchestrator_session_id: actor,
      ready_at: time,
    }),
    idempotency: ["slug", "branch", "sha", "attempt"],
    notification: {
      group: deploymentGroup,
      groupFields: ["slug"],
      effect: "creates",
      agentStatus: "in_progress",
      meaningful: ["sha", "attempt"],
      alsoResolves: (data) => [reviewGroup(data), workGroup(data)],
      title: (data) => `${data.slug} is on its way to main`,
      body: (data) =>
        `Branch ${data.branch} at ${data.sha.slice(0, 7)}, handed over by ${data.worker_session_id}.`,
    },
  }),
  defineEvent({
    type: inDomain("deployment.completed"),
    summary: "A candidate is on main.",
    level: "workflow",
    reserved: true,
    schema: z.strictObject({
      ...candidate,
      attempt: attempt.optional(),
      merge_commit: sha,
      main_sha: sha,
      integrated_at: time,
      checks: z.array(line(100)).max(100),
      how: code.optional(),
      warnings: z.array(text).max(50).optional(),
    }),
    // Two commits of a slug may be on main by one commit: the second one changes nothing any more.
    idempotency: ["slug", "branch", "sha", "merge_commit"],
    notification: {
      group: deploymentGroup,
      groupFields: ["slug"],
      effect: "resolves",
      agentStatus: "resolved",
      alsoResolves: (data) => [stalledGroup, reviewGroup(data)],
      title: (data) => `${data.slug} is on main`,
      body: (data) => `By ${data.merge_commit.slice(0, 7)}; checks: ${data.checks.join(", ") || "none"}.`,
    },
  }),
  defineEvent({
    type: inDomain("deployment.failed"),
    summary: "A candidate was blocked; main, its branch and its worktree are as they were.",
    level: "business",
    reserved: true,
    schema: z.strictObject({
      ...candidate,
      attempt,
      reason: code,
      conflict_evidence: z.array(conflict).max(200),
      diagnostics: z.array(text.min(1)).min(1).max(100),
      next_action: text.min(1),
      blocked_at: time,
      follow_up_slug: slug,
    }),
    idempotency: ["slug", "branch", "sha", "attempt"],
    notification: {
      group: deploymentGroup,
      groupFields: ["slug"],
      effect: "resets",
      agentStatus: "blocked",
      needsAttention: true,
      meaningful: ["reason", "sha", "attempt"],
      title: (data) => `${data.slug} is blocked: ${data.reason}`,
      body: (data) => `${data.diagnostics[0] ?? ""} Next: ${data.next_action}`.trim(),
      actions: ["ack", "retry", "withdraw"],
    },
  }),
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
      body: (data) => `By ${data.by}.`,
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
      body: (data) => `By ${data.by}: ${data.reason}`,
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

/** The group of "nothing moves", ended by the next landing. */
export const stalledGroup = "integration/stalled";
