/**
 * Pure. Whether the line lands or only shadows, by the configuration and by what people decided since.
 *
 * | enabled | parity accepted | |
 * | --- | --- | --- |
 * | true | true | live |
 * | true | false | shadow; refused where `rollback_on_incomplete_parity` is false |
 * | false | any | shadow |
 *
 * A decision remembers what the configuration said when it was taken. It counts until the configuration says something
 * else: then that is the newer word.
 */
import { type GuardMode, guardModeOf } from "./policy.ts";

/** `cutover:` of the configuration. */
export type IntegratorCutoverControls = {
  enabled: boolean;
  parity_evidence_accepted: boolean;
  rollback_on_incomplete_parity: boolean;
};

/** The part of them that people switch. */
export type Switches = Pick<IntegratorCutoverControls, "enabled" | "parity_evidence_accepted">;

export type CutoverDecision = Switches & {
  /** One more than the one before. */
  number: number;
  by: string;
  /** RFC 3339. */
  at: string;
  reason: string;
  /** What the configuration said then. */
  over: Switches;
  /** Digest of the parity report that was accepted. */
  evidence: string | null;
};

/** `refused`: neither lands nor shadows, because the configuration wants no shadow for want of parity. */
export type LineMode = "live" | "shadow" | "refused";

export type Cutover = {
  mode: LineMode;
  controls: IntegratorCutoverControls;
  /** One sentence: why it is so. */
  why: string;
  /** Who decided it; null where it is as the configuration has it. */
  decision: CutoverDecision | null;
};

/** What holds now. */
export function cutoverOf(configured: IntegratorCutoverControls, decided: CutoverDecision | null): Cutover {
  const decision = decided !== null && isSame(decided.over, configured) ? decided : null;
  const { enabled, parity_evidence_accepted } = decision ?? configured;
  const controls = { ...configured, enabled, parity_evidence_accepted };
  const mode = modeOf(controls);
  return { mode, controls, why: whyOf(mode, controls, decision), decision };
}

/** The table. */
export function modeOf(controls: IntegratorCutoverControls): LineMode {
  if (!controls.enabled) return "shadow";
  if (controls.parity_evidence_accepted) return "live";
  return controls.rollback_on_incomplete_parity ? "shadow" : "refused";
}

/** What guards do in this mode: refuse exactly where the integrator lands. */
export function guardsIn({ controls }: Cutover): GuardMode {
  return guardModeOf(controls);
}

export function isSame(a: Switches, b: Switches): boolean {
  return a.enabled === b.enabled && a.parity_evidence_accepted === b.parity_evidence_accepted;
}

function whyOf(
  mode: LineMode,
  { enabled }: IntegratorCutoverControls,
  decision: CutoverDecision | null,
): string {
  const source =
    decision === null || decision.by === configurationName
      ? configurationName
      : `${decision.by}: ${decision.reason}`;
  if (mode === "live") return `the cutover is on (${source})`;
  if (!enabled) return `the cutover is off (${source})`;
  return `parity is not accepted (${source})`;
}

/** Who decides where nobody else did. */
export const configurationName = "signalbox.yaml";

/** What somebody wants changed. */
export type Change = { by: string; at: string; reason: string } & Partial<Switches> & { evidence?: string };

/** The next decision; null where nothing would change by it. */
export function decide(
  configured: IntegratorCutoverControls,
  decided: CutoverDecision | null,
  change: Change,
): CutoverDecision | null {
  const now = cutoverOf(configured, decided);
  const { enabled, parity_evidence_accepted } = { ...now.controls, ...change };
  const evidence = change.evidence ?? decided?.evidence ?? null;
  const next = { enabled, parity_evidence_accepted };
  if (isSame(next, now.controls) && evidence === (decided?.evidence ?? null)) return null;
  const { by, at, reason } = change;
  return {
    ...next,
    number: (decided?.number ?? 0) + 1,
    by,
    at,
    reason,
    over: switchesOf(configured),
    evidence,
  };
}

/** The decision that a changed configuration is; null where it says what was known. */
export function changedConfiguration(
  configured: IntegratorCutoverControls,
  decided: CutoverDecision | null,
  at: string,
): CutoverDecision | null {
  if (decided !== null && isSame(decided.over, configured)) return null;
  const switches = switchesOf(configured);
  const reason = decided === null ? "as signalbox.yaml began" : "signalbox.yaml was changed";
  const evidence = decided?.evidence ?? null;
  return {
    ...switches,
    number: (decided?.number ?? 0) + 1,
    by: configurationName,
    at,
    reason,
    over: switches,
    evidence,
  };
}

function switchesOf({ enabled, parity_evidence_accepted }: Switches): Switches {
  return { enabled, parity_evidence_accepted };
}

/** A stored decision; null for what is none. */
export function parseDecision(text: string | null): CutoverDecision | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isDecision(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isDecision(value: unknown): value is CutoverDecision {
  if (!isSwitches(value)) return false;
  const { number, by, at, reason, over, evidence }: Partial<CutoverDecision> = value;
  return (
    typeof number === "number" &&
    [by, at, reason].every((text) => typeof text === "string") &&
    isSwitches(over) &&
    (evidence === null || typeof evidence === "string")
  );
}

function isSwitches(value: unknown): value is Switches {
  return (
    typeof value === "object" &&
    value !== null &&
    "enabled" in value &&
    "parity_evidence_accepted" in value &&
    typeof value.enabled === "boolean" &&
    typeof value.parity_evidence_accepted === "boolean"
  );
}
