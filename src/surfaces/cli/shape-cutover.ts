/** Pure. The cutover as `--json` shows it. */
import type { Cutover, LineMode } from "../../guards/cutover.ts";

export type CutoverShape = {
  /** `refused`: it may neither land nor shadow, as configured. */
  mode: LineMode;
  enabled: boolean;
  parity_evidence_accepted: boolean;
  rollback_on_incomplete_parity: boolean;
  why: string;
  /** Who decided it last; null where it is as the configuration began. */
  by: string | null;
  at: string | null;
  reason: string | null;
  /** Digest of the accepted parity report. */
  evidence: string | null;
};

export function cutoverShape({ mode, controls, why, decision }: Cutover): CutoverShape {
  const { enabled, parity_evidence_accepted, rollback_on_incomplete_parity } = controls;
  return {
    mode,
    enabled,
    parity_evidence_accepted,
    rollback_on_incomplete_parity,
    why,
    by: decision?.by ?? null,
    at: decision?.at ?? null,
    reason: decision?.reason ?? null,
    evidence: decision?.evidence ?? null,
  };
}
