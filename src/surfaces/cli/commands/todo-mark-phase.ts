/** `signalbox todo mark-phase SLUG PHASE STATUS`: the only way on for a work item. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { isoTime, wallMs } from "../../../clock.ts";
import { badInput } from "../../../errors.ts";
import { type MarkAnswer, markPhase, notMarked } from "../../../orchestration/mark-phase.ts";
import { nameOf, phases, type Step, statuses } from "../../../orchestration/phases.ts";
import { styled } from "../../text.ts";
import { openBus } from "../bus-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { slugAtDoor } from "../names-at-the-door.ts";
import { markGroundOf } from "../todo-context.ts";

/** Marks and says so, or does neither. A mark that was made before is answered with 0. */
export async function markItem(call: Invocation): Promise<number> {
  const slug = slugAtDoor(required(call, 0));
  const step = stepAtDoor(required(call, 1), required(call, 2));
  const findings = await readFindings(call);
  try {
    await using bus = await openBus(call);
    const answer = await markPhase(markGroundOf(bus), {
      ...step,
      slug,
      by: bus.actor,
      at: isoTime(wallMs()),
      findings,
      overLimit: call.options.flag("over-limit"),
    });
    tell(call, step, answer);
    return 0;
  } catch (error) {
    throw notMarked(error, step);
  }
}

function tell(call: Invocation, step: Step, { marked, state, place, events }: MarkAnswer): void {
  const { output } = call;
  if (output.json) {
    output.document({
      slug: state.slug,
      branch: place.branch,
      worktree: place.path,
      ...step,
      review_round: state.round,
      sha: place.head,
      marked,
      events: events.map(({ type, streamId, duplicate }) => ({ type, stream_id: streamId, duplicate })),
    });
    return;
  }
  const round = step.phase === "review" ? `, round ${state.round}` : "";
  const what = `${nameOf(step).replaceAll("_", " ")}${round}`;
  output.line(styled("strong", state.slug), marked ? `: ${what}.` : `: ${what} already; nothing to say.`);
  if (state.asked !== null) output.line(styled("warn", "A person decides now: "), state.asked.next_action);
}

/** The parser has held both against their lists; their combination is the machine's to judge. */
function stepAtDoor(phaseName: string, statusName: string): Step {
  const phase = phases.find((each) => each === phaseName);
  const status = statuses.find((each) => each === statusName);
  if (phase === undefined || status === undefined)
    throw new Error("the parser let a phase or status pass that its list does not have");
  return { phase, status };
}

async function readFindings(call: Invocation): Promise<string | null> {
  const named = call.options.text("findings");
  if (named === null) return null;
  const path = resolve(call.directory, named);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw badInput("findings_unreadable", `The findings at ${path} cannot be read.`, { cause });
  });
  if (text.trim() === "") throw badInput("findings_unreadable", `The findings at ${path} are empty.`);
  if (text.length > findingsMax)
    throw badInput(
      "findings_too_long",
      `The findings have ${text.length} characters; at most ${findingsMax} are kept.`,
      { cure: "Keep the longer story in the item's own review-findings.md, and give the points here." },
    );
  return text;
}

/** What an event's field takes. */
const findingsMax = 32_768;
