/** Pure: how far each value is from its target, as bars of text, on a logarithmic scale. */
import { type Finding, keeps } from "./claim.ts";

const halfWidth = 20;
/** A bar of full length stands for a factor of so many. */
const fullFactor = 16;

/** One line a claim: bars to the right are better than the target, to the left worse. */
export function plotOf(findings: readonly Finding[]): string {
  const width = Math.max(0, ...findings.map(({ key }) => key.length));
  const lines = findings.flatMap((finding) => {
    const { key, target, measured } = finding;
    if (measured === null || measured.value <= 0) return [];
    const better = target.is === "at most" ? target.value / measured.value : measured.value / target.value;
    const length = Math.min(
      halfWidth,
      Math.round((halfWidth * Math.abs(Math.log(better))) / Math.log(fullFactor)),
    );
    const bar = "█".repeat(length);
    const [left, right] = better < 1 ? [bar, ""] : ["", bar];
    const verdict = keeps(target, measured.value) ? "kept" : "missed";
    return [`${key.padEnd(width)} ${left.padStart(halfWidth)}│${right.padEnd(halfWidth)} ${verdict}`];
  });
  const head = `${"".padEnd(width)} ${"worse".padStart(halfWidth)}│better than the target (full bar: ${fullFactor} ×)`;
  return [head, ...lines].join("\n");
}
