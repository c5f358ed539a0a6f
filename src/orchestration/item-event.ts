/** Pure: what an event of the stream says about one work item, as the item's own words; null for all others. */
import type { CloudEvent } from "../events/envelope.ts";
import { type Phase, phases, type Status, statuses } from "./phases.ts";

type Tip = { branch: string; sha: string; attempt: number };

export type ItemEvent =
  | { kind: "started"; branch: string; by: string; baseSha: string | null; followUpOf: string | null }
  | {
      kind: "marked";
      phase: Phase;
      status: Status;
      round: number;
      by: string;
      sha: string | null;
      findings: string | null;
    }
  | { kind: "approved"; round: number; sha: string | null; by: string }
  | { kind: "revoked"; round: number; by: string; reason: string }
  | ({ kind: "finalize"; status: FinalizeStatus; by: string; remote: string | null } & Tip)
  | ({ kind: "handed_over"; by: string; remote: string | null } & Tip)
  | ({ kind: "given_back"; reason: string; followUpSlug: string | null; nextAction: string } & Tip)
  | ({ kind: "requeued" } & Tip)
  | ({ kind: "delivered"; mergeCommit: string } & Tip)
  | { kind: "asked"; reason: string; question: string; nextAction: string; by: string }
  | { kind: "dropped"; reason: string; by: string };

export const finalizeStatuses = ["pending", "ready", "handed_over"] as const;
export type FinalizeStatus = (typeof finalizeStatuses)[number];

export const softwareDomain = "domain.software-development.";

/** Reads an event whose payload its schema has accepted. A phase or status that nobody knows says nothing. */
export function itemEventOf(event: Pick<CloudEvent, "type" | "data">): ItemEvent | null {
  if (!event.type.startsWith(softwareDomain)) return null;
  return readers.get(event.type.slice(softwareDomain.length))?.(fieldsOf(event.data)) ?? null;
}

type Fields = ReturnType<typeof fieldsOf>;

const readers = new Map(
  Object.entries<(fields: Fields) => ItemEvent | null>({
    "work.item.started": (of) => ({
      kind: "started",
      branch: of.text("branch"),
      by: of.text("by"),
      baseSha: of.maybe("base_sha"),
      followUpOf: of.maybe("follow_up_of"),
    }),
    "work.phase.marked": (of) => {
      const phase = phases.find((each) => each === of.text("phase"));
      const status = statuses.find((each) => each === of.text("status"));
      if (phase === undefined || status === undefined) return null;
      const [sha, findings] = [of.maybe("sha"), of.maybe("findings")];
      return { kind: "marked", phase, status, round: of.count("round"), by: of.text("by"), sha, findings };
    },
    "review.approved": (of) => ({
      kind: "approved",
      round: of.count("review_round"),
      sha: of.maybe("approved_sha"),
      by: of.text("reviewer_session_id"),
    }),
    "review.revoked": (of) => ({
      kind: "revoked",
      round: of.count("review_round"),
      by: of.text("revoked_by"),
      reason: of.text("reason"),
    }),
    "work.finalize.recorded": (of) => {
      const status = finalizeStatuses.find((each) => each === of.text("status"));
      if (status === undefined) return null;
      return { kind: "finalize", status, by: of.text("by"), remote: of.maybe("remote"), ...tipOf(of) };
    },
    "deployment.started": (of) => ({
      kind: "handed_over",
      by: of.text("orchestrator_session_id"),
      remote: of.maybe("remote"),
      ...tipOf(of),
    }),
    "deployment.failed": (of) => ({
      kind: "given_back",
      reason: of.text("reason"),
      followUpSlug: of.maybe("follow_up_slug"),
      nextAction: of.text("next_action"),
      ...tipOf(of),
    }),
    "integration.candidate.withdrawn": (of) => ({
      kind: "given_back",
      reason: "withdrawn",
      followUpSlug: null,
      nextAction: of.text("reason"),
      ...tipOf(of),
    }),
    "integration.candidate.requeued": (of) => ({ kind: "requeued", ...tipOf(of) }),
    "deployment.completed": (of) => ({
      kind: "delivered",
      mergeCommit: of.text("merge_commit"),
      ...tipOf(of),
    }),
    "work.person.asked": (of) => ({
      kind: "asked",
      reason: of.text("reason"),
      question: of.text("question"),
      nextAction: of.text("next_action"),
      by: of.text("by"),
    }),
    "work.item.dropped": (of) => ({ kind: "dropped", reason: of.text("reason"), by: of.text("by") }),
  }),
);

function tipOf(of: Fields): Tip {
  return { branch: of.text("branch"), sha: of.text("sha"), attempt: Math.max(1, of.count("attempt")) };
}

function fieldsOf(data: Readonly<Record<string, unknown>>) {
  return {
    text: (name: string): string => (typeof data[name] === "string" ? data[name] : ""),
    maybe: (name: string): string | null => (typeof data[name] === "string" ? data[name] : null),
    count: (name: string): number => (typeof data[name] === "number" ? data[name] : 0),
  };
}
