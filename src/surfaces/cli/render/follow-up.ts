/** `follow-up` for people: its two texts, which are Markdown. (Pure.) */
import type { FollowUpShape } from "../../../board/shape-follow-up.ts";
import { type Line, styled } from "../../text.ts";

/** What is the matter and what to do; for a resolved one, that first. */
export function followUpLines(slug: string, followUp: FollowUpShape | null): Line[] {
  if (followUp === null)
    return [
      [
        styled("strong", slug),
        " has no follow-up: it was not blocked. ",
        styled("dim", `→ signalbox why ${slug}`),
      ],
    ];
  const { status, resolved_at: resolvedAt, requirements, plan } = followUp;
  const over: Line[] =
    status === "open" ? [] : [[styled("good", "Resolved"), ` at ${resolvedAt ?? "?"}; this was it:`], []];
  return [...over, ...markdownLines(requirements), [], ...markdownLines(plan)];
}

function markdownLines(text: string): Line[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line): Line => [/^#+ /.test(line) ? styled("strong", line) : line]);
}
