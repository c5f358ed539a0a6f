/** What the makers of software say: reviews, pushes, hand-overs; and what became of them. What is said of the work itself is in work.ts. */
import { z } from "zod";
import { defineEvent } from "./definition.ts";
import { actor, attempt, branch, code, line, path, remote, sha, slug, text, time } from "./fields.ts";
import { spoken } from "./spoken.ts";

/** The type of an event of this domain. */
export function inDomain<const Name extends string>(name: Name) {
  return `domain.software-development.${name}` as const;
}

/** The group of everything about one slug's way onto main. */
export const deploymentGroup = (data: { slug: string }) => `deployment/${data.slug}`;
export const reviewGroup = (data: { slug: string }) => `review/${data.slug}`;
/** What a person was asked about an item's work. */
export const workGroup = (data: { slug: string }) => `work/${data.slug}`;

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
        `Approved by ${spoken(data.reviewer_session_id)} in round ${data.review_round}; it waits to be finalized.`,
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
      body: (data) => `By ${spoken(data.revoked_by)}: ${data.reason}`,
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
        `Branch ${data.branch} at ${data.sha.slice(0, 7)}, handed over by ${spoken(data.worker_session_id)}.`,
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
] as const;

/** The group of "nothing moves", ended by the next landing. */
export const stalledGroup = "integration/stalled";
