/** `cutover` for people. (Pure.) */
import type { CutoverShape } from "../../../board/shapes-of-commands.ts";
import { type Line, styled } from "../../text.ts";

/** What holds, by whom, and what would change it. */
export function cutoverLines(cutover: CutoverShape): Line[] {
  const { enabled, parity_evidence_accepted: accepted, by, at, reason } = cutover;
  const lines: Line[] = [
    [modeWord(cutover), `: ${cutover.why}.`],
    [styled("dim", "  cutover  "), enabled ? "on" : styled("warn", "off")],
    [
      styled("dim", "  parity   "),
      accepted ? "accepted" : styled("warn", "not accepted"),
      evidenceOf(cutover),
    ],
  ];
  if (by !== null && at !== null) lines.push([styled("dim", "  decided  "), `by ${by}, ${at}: ${reason}`]);
  const next = nextStep(cutover);
  if (next !== null) lines.push([styled("dim", "  → "), next]);
  return lines;
}

function modeWord({ mode }: CutoverShape) {
  if (mode === "live") return styled("good", "live");
  return mode === "shadow" ? styled("warn", "shadow") : styled("bad", "refused");
}

function evidenceOf({ evidence }: CutoverShape): string {
  return evidence === null ? "" : ` (report ${evidence.slice(0, 12)})`;
}

function nextStep({ enabled, parity_evidence_accepted: accepted }: CutoverShape): string | null {
  if (enabled && accepted) return null;
  return accepted
    ? "signalbox cutover enable --reason R"
    : "signalbox parity, then signalbox cutover accept-parity";
}
