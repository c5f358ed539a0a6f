/** `doctor` for people. (Pure.) */
import type { DoctorShape, Finding } from "../../../board/shapes.ts";
import { type Line, type Span, styled } from "../../text.ts";

/** One line a check, with the cure below what is not well; a verdict at the end. */
export function doctorLines({ checks }: DoctorShape): Line[] {
  const widest = Math.max(0, ...checks.map(({ name }) => name.length));
  const errors = checks.filter(({ level }) => level === "error").length;
  const warnings = checks.filter(({ level }) => level === "warning").length;
  return [
    ...checks.flatMap((finding): Line[] => [
      [mark(finding), ` ${finding.name.padEnd(widest)}  `, finding.detail],
      ...(finding.cure === null ? [] : [[" ".repeat(widest + 4), styled("dim", "→ "), finding.cure]]),
    ]),
    [
      errors > 0 ? styled("bad", plural(errors, "error")) : styled("good", "no errors"),
      `, ${plural(warnings, "warning")}`,
    ],
  ];
}

function mark({ level }: Finding): Span {
  switch (level) {
    case "ok":
      return styled("good", "✓");
    case "warning":
      return styled("warn", "!");
    case "error":
      return styled("bad", "✗");
    default:
      return level satisfies never;
  }
}

function plural(count: number, word: string): string {
  return count === 1 ? `1 ${word}` : `${count} ${word}s`;
}
