/** Pure: findings as a table for people, and as one JSON object. */
import { type Finding, keeps, type Measured } from "./claim.ts";
import { durability } from "./durability.ts";
import { later } from "./later.ts";

export type Circumstances = { quick: boolean; cores: number; node: string; git: string; seconds: number };

/** Every key of docs/performance.md; `detail` holds what the ratios were made of, `null` what has no value yet. */
export function jsonOf(findings: readonly Finding[], circumstances: Circumstances): Record<string, unknown> {
  const values = findings.map(({ key, measured }) => [key, measured?.value ?? null]);
  const details = findings.map((finding) => [
    finding.key,
    finding.measured === null
      ? { reason: finding.reason }
      : {
          target: finding.target,
          kept: keeps(finding.target, finding.measured.value),
          ...spreadOf(finding.measured),
          ...finding.measured.detail,
        },
  ]);
  return {
    ...Object.fromEntries(values),
    ...Object.fromEntries(later.map(({ key }) => [key, null])),
    detail: {
      ...Object.fromEntries(details),
      ...Object.fromEntries(later.map(({ key, reason }) => [key, { reason }])),
    },
    durability,
    ...circumstances,
  };
}

/** A Markdown table, also readable as it is. */
export function tableOf(findings: readonly Finding[]): string {
  const rows = findings.map((finding) => [
    `\`${finding.key}\``,
    finding.what,
    `${finding.target.is === "at most" ? "≤" : "≥"} ${finding.target.value}`,
    finding.measured === null ? "–" : String(finding.measured.value),
    finding.measured === null ? finding.reason : verdictOf(finding, finding.measured),
  ]);
  const head = ["key", "what", "target", "value", "how"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function verdictOf(finding: Finding, measured: Measured): string {
  const kept = keeps(finding.target, measured.value) ? "kept" : "**missed**";
  const spread =
    measured.low === undefined ? "" : `; rounds ${measured.low} – ${measured.high} (${measured.rounds})`;
  const parts = Object.entries(measured.detail ?? {})
    .filter(([name]) => name !== "durability")
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`);
  return `${kept}${spread}${parts.length === 0 ? "" : `; ${parts.join(", ")}`}`;
}

function spreadOf({ low, high, rounds }: Measured): Record<string, number> {
  return Object.fromEntries(
    Object.entries({ low, high, rounds }).filter((pair): pair is [string, number] => pair[1] !== undefined),
  );
}
