/** Pure. The cutover as `--json` shows it. */
import type { Cutover } from "../guards/cutover.ts";
import type { CutoverShape } from "./shapes-of-commands.ts";

/** The cutover as it holds now. */
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
