/** `candidates` and `why` for people: every condition by name, with its evidence. (Pure.) */
import type { CandidateShape, ConditionShape, ReadinessStatus, WhyShape } from "../../../board/shapes.ts";
import { type Line, type Style, styled } from "../../text.ts";

const styles: Record<ReadinessStatus, Style> = {
  READY: "good",
  NOT_READY: "warn",
  SUPERSEDED: "dim",
  INTEGRATED: "good",
};

/** Each candidate with its seven conditions. */
export function candidateLines(candidates: readonly CandidateShape[]): Line[] {
  if (candidates.length === 0) return [["No candidates."]];
  return candidates.flatMap((candidate, index): Line[] => [
    ...(index === 0 ? [] : [[]]),
    [
      styled("strong", candidate.slug),
      ` ${candidate.branch} at ${candidate.sha.slice(0, 7)} `,
      styled(styles[candidate.status], candidate.status),
    ],
    ...conditionLines(candidate.conditions),
  ]);
}

/** The sentence, then the conditions. */
export function whyLines(why: WhyShape): Line[] {
  return [
    [why.sentence],
    ...(why.next_action === null ? [] : [[styled("dim", "  → "), why.next_action]]),
    ...conditionLines(why.conditions),
  ];
}

function conditionLines(conditions: readonly ConditionShape[]): Line[] {
  const widest = Math.max(0, ...conditions.map(({ name }) => name.length));
  return conditions.map(({ name, holds, detail }) => [
    "  ",
    holds ? styled("good", "✓") : styled("bad", "✗"),
    ` ${name.padEnd(widest)}  `,
    holds ? styled("dim", detail) : detail,
  ]);
}
