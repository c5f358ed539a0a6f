/** What `todo finalize` answers to people, and to the orchestrator that reads its last line. (Pure.) */
import type { FinalizeShape } from "../../../board/shapes-of-commands.ts";
import { type Line, styled } from "../../text.ts";

/** `ready` is the line that says it to an orchestrator. What is handed over needs none, and gets it all the same. */
export function finalizeLines(shape: FinalizeShape, ready: string): Line[] {
  const at = `${shape.branch} at ${shape.sha.slice(0, 7)}`;
  if (shape.status === "ready") return [[styled("strong", shape.slug), ` is pushed (${at}).`], [ready]];
  if (shape.merge_commit !== null) {
    const commit = shape.merge_commit.slice(0, 7);
    return [
      [ready],
      [styled("strong", shape.slug), " is ", styled("good", "integrated"), ` as ${commit} (${at}).`],
    ];
  }
  const place = shape.position === null ? "" : `, position ${shape.position}`;
  return [
    [ready],
    [styled("strong", shape.slug), ` is queued for integration (${at}${place}).`],
    [styled("dim", "  → "), `signalbox why ${shape.slug}`],
  ];
}
