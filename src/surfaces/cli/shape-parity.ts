/** Pure. `parity` as `--json` shows it. */
import type { Difference } from "../../guards/parity.ts";
import type { ParityAnswer } from "../../guards/parity-run.ts";
import type { ShadowComparison } from "../../guards/parity-shadow.ts";

export type ParityShape = {
  merges: number;
  identical: number;
  both_conflict: number;
  differs: Difference[];
  /** Parity is accepted, by whatever evidence. */
  accepted: boolean;
  /** This very report is the accepted evidence. */
  is_evidence: boolean;
  digest: string;
  /** The share of identical ones among those that the integrator would have landed; null where there are none. */
  share: number | null;
  /** What git took for all of them, in processes. */
  seconds: number;
  from: string | null;
  to: string | null;
  shadow: ShadowComparison;
};

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
