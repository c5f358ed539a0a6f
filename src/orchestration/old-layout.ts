/**
 * Pure: reads the `state.yaml` that an older way of working kept in each item's folder on its own branch, and says how
 * far the item was. Nothing here is written back: from the switch on, an item's state is what the events say.
 */
import { parseDocument } from "yaml";
import { z } from "zod";

/** How far an item was under the old way. */
export type OldState = {
  build: Step;
  review: Step;
  /** Rounds of review that ended with a verdict. */
  round: number;
  /** The commit that the last verdict was about, as it was written down: perhaps shortened. */
  reviewed: string | null;
  /** What the last review wanted changed: names such as R1-F2. */
  findings: string[];
  finalize: { status: "pending" | "ready" | "handed_over"; branch: string | null; sha: string | null };
  /** It was marked as done for good. */
  done: boolean;
};

export type Step = "pending" | "started" | "complete" | "approved" | "changes_requested";

export type OldReading = { kind: "state"; state: OldState } | { kind: "unreadable"; why: string };

const step = z.enum(["pending", "started", "complete", "approved", "changes_requested"]).default("pending");
/** YAML reads an unquoted id of digits alone as a number, and may have lost some of them by then. */
const id = z
  .string()
  .regex(/^[0-9a-f]{7,64}$/)
  .nullish();

/** Loose on purpose: several versions of the file are about, and each knew fields that the others did not. */
const schema = z.looseObject({
  phase: z.string().nullish(),
  build: step,
  review: step,
  review_round: z.int().min(0).max(1000).default(0),
  review_baseline_commit: id.or(z.literal("")),
  unresolved_findings: z.array(z.string().max(200)).max(1000).nullish(),
  finalize: z
    .looseObject({
      status: z.enum(["pending", "ready", "handed_off"]).default("pending"),
      branch: z.string().nullish(),
      sha: id.or(z.literal("")),
    })
    .nullish(),
});

/** The state in a file's text. What is not such a file is `unreadable`, with one sentence of why. */
export function readOldState(text: string): OldReading {
  const document = parseDocument(text, { logLevel: "silent" });
  const [error] = document.errors;
  if (error !== undefined) return { kind: "unreadable", why: `it is no YAML: ${firstLine(error.message)}` };
  const parsed = schema.safeParse(plainValue(document));
  if (!parsed.success) return { kind: "unreadable", why: whatIsWrong(parsed.error) };
  const { phase, build, review, finalize } = parsed.data;
  const status = finalize?.status ?? "pending";
  return {
    kind: "state",
    state: {
      build,
      review,
      round: parsed.data.review_round,
      reviewed: parsed.data.review_baseline_commit || null,
      findings: parsed.data.unresolved_findings ?? [],
      finalize: {
        status: status === "handed_off" ? "handed_over" : status,
        branch: finalize?.branch || null,
        sha: finalize?.sha || null,
      },
      done: phase === "done",
    },
  };
}

/** An alias bomb throws: then it is nothing that anybody wrote. */
function plainValue(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 10 });
  } catch {
    return null;
  }
}

function whatIsWrong(error: z.ZodError): string {
  const [issue] = error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return `it is no item's state: ${where}${issue?.message ?? "unreadable"}`;
}

function firstLine(text: string): string {
  return (text.split("\n", 1)[0] ?? "").slice(0, 200);
}
