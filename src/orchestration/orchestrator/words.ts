/** Pure. What an orchestrator does, and what came of it, as one line. */
import type { Next } from "./next-step.ts";
import type { Outcome } from "./outcome.ts";

/** One line of progress. */
export function wordsOf(next: Next): string {
  switch (next.do) {
    case "end_sessions":
      return `lets ${next.ids.join(", ")} end`;
    case "prepare":
      return "prepares its worktree";
    case "mark": {
      const why = next.why === null ? "" : ` (${next.why})`;
      return `${next.step.phase} ${next.step.status.replaceAll("_", " ")}${why}`;
    }
    case "start_worker": {
      const again = next.because === null ? "" : ` again: ${next.because}`;
      return `starts the ${next.role}${again}`;
    }
    case "watch":
      return `${next.sessionId} is at work`;
    case "end_silent":
      return `ends ${next.sessionId}, which gives no sign of life`;
    case "settle":
      return `${next.sessionId} has lost its keeper`;
    case "finalize":
      return "finalizes";
    case "hand_over":
      return `hands over what ${next.sessionId} has made ready`;
    case "ask":
      return `asks a person: ${next.question.question}`;
    case "stop":
      return outcomeWords(next.outcome);
    default:
      return next satisfies never;
  }
}

/** How it ended, without the item's name and without its full stop. */
export function outcomeWords(outcome: Outcome): string {
  switch (outcome.kind) {
    case "handed_over":
      return `is queued for integration (${outcome.branch} at ${outcome.sha.slice(0, 7)})`;
    case "delivered":
      return `is delivered as ${outcome.mergeCommit.slice(0, 7)}`;
    case "blocked":
      return `is blocked: ${outcome.reason}`;
    case "asked":
      return `waits for a person: ${outcome.question}`;
    case "dropped":
      return `was dropped by ${outcome.by}: ${outcome.reason}`;
    case "waiting":
      return `waits: ${outcome.why}`;
    case "busy":
      return `is being orchestrated by ${outcome.holder}`;
    case "failed":
      return `failed: ${outcome.failure.message}`;
    case "stopped":
      return "is left where it is; the next orchestrator goes on with it";
    default:
      return outcome satisfies never;
  }
}
