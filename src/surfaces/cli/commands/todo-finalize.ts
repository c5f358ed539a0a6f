/** `signalbox todo finalize SLUG`: push an approved item, say that it is ready, and perhaps hand it over. */

import type { FinalizeShape } from "../../../board/shapes-of-commands.ts";
import type { MainIntoBranch } from "../../../git/main-into-branch.ts";
import { finalize } from "../../../orchestration/finalize.ts";
import { readyLine } from "../../../orchestration/finalize-plan.ts";
import type { Tip } from "../../../orchestration/hand-over.ts";
import { handOverReady } from "../../../orchestration/hand-over-ready.ts";
import { styled } from "../../text.ts";
import { type Bus, openBus } from "../bus-context.ts";
import { finalizeGroundOf } from "../finalize-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { slugAtDoor } from "../names-at-the-door.ts";
import { finalizeLines } from "../render/finalize.ts";
import { settled } from "../submission.ts";

/**
 * Ready: `FINALIZE_READY: <slug>` is the last line, for the orchestrator that has started it. With `--hand-over` there is
 * none, and the command does the orchestrator's part as well.
 */
export async function finalizeItem(call: Invocation): Promise<number> {
  const slug = slugAtDoor(required(call, 0));
  await using bus = await openBus(call);
  const ground = finalizeGroundOf(call, bus);
  const done = await finalize(ground, slug);
  const shape = {
    ...done.tip,
    attempt: done.attempt,
    status: done.kind,
    updated: false,
    position: null,
  } as const;
  if (done.kind === "handed_over") {
    const submission = { tip: done.tip, attempt: done.attempt, lastStreamId: null };
    const position = done.mergeCommit === null ? await positionOf(bus, submission) : null;
    return answer(call, { ...shape, position, merge_commit: done.mergeCommit });
  }
  tellUpdate(call, done.update);
  const ready = { ...shape, updated: done.update?.kind === "merged", merge_commit: null };
  if (!call.options.flag("hand-over")) return answer(call, ready);
  const queued = await handOverReady(ground, { slug, line: readyLine(slug), endSession: null });
  const { tip, attempt, streamId: lastStreamId } = queued;
  const position = await positionOf(bus, { tip, attempt, lastStreamId });
  return answer(call, { ...ready, attempt, status: "handed_over", position });
}

/** Its place in the queue, as soon as the daemon has taken it in; null where it is not waiting there. */
async function positionOf(
  bus: Bus,
  submission: { tip: Tip; attempt: number; lastStreamId: string | null },
): Promise<number | null> {
  return (await settled(bus, submission)).shape.position;
}

/** What became of merging main into the branch; where nobody wanted it, nothing. */
function tellUpdate(call: Invocation, update: MainIntoBranch | null): void {
  if (update?.kind === "conflicted")
    call.output.note(
      styled("warn", "Main does not merge cleanly into the branch; it is handed over as it is."),
    );
  if (update?.kind === "kept") call.output.note(styled("warn", "Main was not merged: "), update.why);
}

function answer(call: Invocation, shape: FinalizeShape): number {
  if (call.output.json) call.output.document(shape);
  else call.output.lines(finalizeLines(shape, readyLine(shape.slug)));
  return 0;
}
