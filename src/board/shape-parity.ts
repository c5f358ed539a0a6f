/** Pure. `parity` as `--json` shows it. */
import type { ParityAnswer } from "../guards/parity-run.ts";
import type { ParityShape } from "./shapes-of-commands.ts";

export function parityShape(
  { report, seconds, shadow }: Extract<ParityAnswer, { kind: "done" }>,
  { accepted, evidence }: { accepted: boolean; evidence: string | null },
): ParityShape {
  const { merges, identical, both_conflict, differs, digest, from, to } = report;
  const landed = identical + differs.length;
  return {
    merges,
    identical,
    both_conflict,
    differs,
    accepted,
    is_evidence: evidence === digest,
    digest,
    share: landed === 0 ? null : Math.round((10_000 * identical) / landed) / 10_000,
    seconds: Math.round(seconds * 1000) / 1000,
    from,
    to,
    shadow,
  };
}
