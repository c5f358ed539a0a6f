/** Pure. The demo's story as it happens: each event that matters, as one line; and the end of it. */
import { type Line, type Span, styled } from "../../text.ts";

/** An event as `events --follow --json` prints it, as far as the story needs it. */
export type Told = { type: string; subject: string | null; fields: Readonly<Record<string, unknown>> };

const domain = "domain.software-development.";

/** One line about an event; null where it adds nothing to the story. */
export function tell(event: Told): Line | null {
  const words = wordsOf(event);
  if (words === null) return null;
  return [styled("strong", (event.subject ?? "").padEnd(14)), " ", ...words];
}

function wordsOf({ type, fields }: Told): Span[] | null {
  switch (type.startsWith(domain) ? type.slice(domain.length) : type) {
    case "review.approved":
      return [`reviewed by ${text(fields.reviewer_session_id)}`];
    case "deployment.started":
      return [`handed over at ${short(fields.sha)}`];
    case "integration.candidate.queued":
      return [styled("accent", "queued")];
    case "integration.session.started":
      return [styled("dim", `the integrator takes the line, with token ${text(fields.lease_token)}`)];
    case "deployment.completed":
      return [styled("good", "integrated"), ` on main as ${short(fields.merge_commit)}`];
    case "deployment.failed":
      return [
        styled("bad", "blocked"),
        `: ${text(fields.reason)} in ${conflictPaths(fields.conflict_evidence)}; follow-up ${text(fields.follow_up_slug)}`,
      ];
    case "integration.session.ended":
      return [styled("dim", "the line is empty: the integrator has ended itself")];
    default:
      return null;
  }
}

/** How far the story is, from what was told so far. */
export type Progress = { integrated: readonly string[]; blocked: readonly string[]; idle: boolean };

export const beginning: Progress = { integrated: [], blocked: [], idle: false };

/** What is known after one more event. */
export function follow(progress: Progress, event: Told): Progress {
  const { subject } = event;
  switch (event.type) {
    case `${domain}deployment.completed`:
      return subject === null ? progress : { ...progress, integrated: [...progress.integrated, subject] };
    case `${domain}deployment.failed`:
      return subject === null ? progress : { ...progress, blocked: [...progress.blocked, subject] };
    case `${domain}integration.session.started`:
      return { ...progress, idle: false };
    case `${domain}integration.session.ended`:
      return { ...progress, idle: true };
    default:
      return progress;
  }
}

/** Reads a line of `events --follow --json`; null where it is no event. */
export function parseTold(line: string): Told | null {
  try {
    const value: unknown = JSON.parse(line);
    if (!isRecord(value) || typeof value.type !== "string") return null;
    const subject = typeof value.subject === "string" ? value.subject : null;
    return { type: value.type, subject, fields: isRecord(value.data) ? value.data : {} };
  } catch {
    return null;
  }
}

function conflictPaths(evidence: unknown): string {
  const paths = Array.isArray(evidence)
    ? evidence.map((each: unknown) => (isRecord(each) ? text(each.path) : ""))
    : [];
  return paths.filter((path) => path !== "").join(", ") || "the branch";
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "?";
}

function short(value: unknown): string {
  return text(value).slice(0, 7);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
