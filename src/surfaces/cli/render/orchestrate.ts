/** What `orchestrate` answers about an item: to programs, and to people. (Pure.) */
import type { Outcome } from "../../../orchestration/orchestrator/outcome.ts";
import { outcomeWords } from "../../../orchestration/orchestrator/words.ts";
import { type Line, type Style, styled } from "../../text.ts";

export type OrchestrateShape = {
  slug: string;
  outcome: Outcome["kind"];
  branch: string | null;
  sha: string | null;
  attempt: number | null;
  merge_commit: string | null;
  /** A code: the line's reason, why a person was asked, or a failure's. */
  reason: string | null;
  /** A sentence. */
  why: string;
  next_action: string | null;
  follow_up_slug: string | null;
};

/** Every field; what does not belong to the outcome is null. */
export function orchestrateShape(slug: string, outcome: Outcome): OrchestrateShape {
  return {
    slug,
    outcome: outcome.kind,
    branch: outcome.kind === "handed_over" ? outcome.branch : null,
    sha: outcome.kind === "handed_over" ? outcome.sha : null,
    attempt: outcome.kind === "handed_over" ? outcome.attempt : null,
    merge_commit: outcome.kind === "delivered" ? outcome.mergeCommit : null,
    reason: reasonOf(outcome),
    why: `${slug} ${outcomeWords(outcome)}`,
    next_action: nextActionOf(slug, outcome),
    follow_up_slug: outcome.kind === "blocked" ? outcome.followUpSlug : null,
  };
}

/** One line, and what to do where there is something to do. */
export function orchestrateLines(slug: string, outcome: Outcome): Line[] {
  const next = nextActionOf(slug, outcome);
  const line: Line = [styled("strong", slug), " ", styled(styles[outcome.kind], outcomeWords(outcome))];
  return next === null ? [line] : [line, [styled("dim", "  → "), next]];
}

const styles: Readonly<Record<Outcome["kind"], Style>> = {
  handed_over: "good",
  delivered: "good",
  blocked: "bad",
  asked: "warn",
  dropped: "dim",
  waiting: "warn",
  busy: "dim",
  failed: "bad",
  stopped: "dim",
};

function reasonOf(outcome: Outcome): string | null {
  if (outcome.kind === "blocked" || outcome.kind === "asked") return outcome.reason;
  return outcome.kind === "failed" ? outcome.failure.code : null;
}

function nextActionOf(slug: string, outcome: Outcome): string | null {
  switch (outcome.kind) {
    case "blocked":
    case "asked":
    case "waiting":
      return outcome.nextAction;
    case "failed":
      return outcome.failure.cure;
    case "handed_over":
      return `signalbox why ${slug}`;
    case "dropped":
      return `To take it up again: signalbox todo start ${slug}`;
    case "stopped":
      return `signalbox orchestrate ${slug}`;
    case "busy":
    case "delivered":
      return null;
    default:
      return outcome satisfies never;
  }
}
