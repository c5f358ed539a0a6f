/** `signalbox todo start SLUG`: a place to work on an item. */
import { resolve } from "node:path";
import { isoTime, wallMs } from "../../../clock.ts";
import { Failure } from "../../../errors.ts";
import { type StartedItem, startItem } from "../../../orchestration/start-item.ts";
import { styled } from "../../text.ts";
import { openBus } from "../bus-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { storesOf } from "../line-context.ts";
import { branchAtDoor, slugAtDoor } from "../names-at-the-door.ts";
import { followUpText, startGroundOf } from "../start-context.ts";

/** Makes or finds branch and worktree, says that work began, and prepares the worktree. Safe to repeat. */
export async function start(call: Invocation): Promise<number> {
  const slug = slugAtDoor(required(call, 0));
  const { options } = call;
  await using bus = await openBus(call);
  const { main, remote } = bus.workplace.config;
  const branch = options.text("branch");
  const worktree = options.text("worktree");
  const ground = await startGroundOf(call, bus, !options.flag("unprepared"));
  const started = await startItem(ground, {
    slug,
    branch: branch === null ? null : branchAtDoor(branch, main, remote),
    worktree: worktree === null ? null : resolve(call.directory, worktree),
    unplanned: options.flag("unplanned"),
    followUp: await followUpText(storesOf(bus), slug),
    by: bus.actor,
    at: isoTime(wallMs()),
  });
  tell(call, slug, started);
  if (started.prepared.kind === "failed") throw notPrepared(slug, started.prepared);
  return 0;
}

function tell(call: Invocation, slug: string, started: StartedItem): void {
  const { state, place, planned, prepared, notes } = started;
  const { output } = call;
  if (output.json) {
    output.document({
      slug,
      branch: place.branch,
      worktree: place.path,
      sha: place.head,
      base_sha: place.base,
      place: place.how,
      prepared: prepared.kind,
      phase: state?.phase ?? "prepare",
      status: state?.status ?? "pending",
      planned_in: planned?.plannedIn ?? null,
      follow_up_of: state?.follow_up_of ?? null,
      notes,
    });
    return;
  }
  output.line(styled("strong", slug), ` is worked on in ${place.path}`);
  output.line(
    styled("dim", "  branch "),
    place.branch,
    styled("dim", `, ${words[place.how]} at ${place.head.slice(0, 7)}`),
  );
  if (prepared.kind === "prepared")
    output.line(styled("dim", "  prepared in "), `${(prepared.tookMs / 1000).toFixed(1)} s`);
  for (const note of notes) output.line(styled("dim", "  "), note);
}

const words = { created: "begun", adopted: "taken up", there: "as it was" } as const;

function notPrepared(slug: string, prepared: Extract<StartedItem["prepared"], { kind: "failed" }>): Failure {
  const last = prepared.lastLines.at(-1);
  return new Failure({
    code: "prepare_failed",
    kind: "failed",
    message: `The worktree of ${slug} could not be prepared: ${prepared.why}${last === undefined ? "" : `: ${last}`}`,
    cure: `Read ${prepared.log}, then start it again.`,
  });
}
