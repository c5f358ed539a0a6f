/** Readiness as `--json` shows it. (No I/O.) */
import { isoTime } from "../clock.ts";
import type { Judgement } from "../integration/readiness.ts";
import type { CandidateShape } from "./shapes.ts";

/** One judged candidate; `ready_at` is null while it is not ready. */
export function candidateShape(judgement: Judgement): CandidateShape {
  const { candidate, status, reasons, conditions, supersededBy, readyAtMs } = judgement;
  return {
    slug: candidate.slug,
    branch: candidate.branch,
    sha: candidate.sha,
    ready_at: readyAtMs === null ? null : isoTime(readyAtMs),
    status,
    reasons,
    conditions: conditions.map(({ name, holds, detail }) => ({ name, holds, detail })),
    superseded_by: supersededBy?.sha ?? null,
  };
}
