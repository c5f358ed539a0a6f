/** An edit of the roadmap, made and handed over: the way of `roadmap add`, `move` and `drop`. */
import { isoTime, monotonicMs, pause, wallMs } from "../../clock.ts";
import { Failure } from "../../errors.ts";
import type { HandOver } from "../../orchestration/hand-over.ts";
import { makePlan, type Plan, type PlanningPlace } from "../../orchestration/planning.ts";
import type { RoadmapEdit } from "../../orchestration/roadmap.ts";
import { record, say } from "../../orchestration/submit.ts";
import { styled } from "../text.ts";
import { actorOf, type Bus, openBus } from "./bus-context.ts";
import type { Invocation } from "./invocation.ts";
import { storesOf } from "./line-context.ts";
import { knownPlans, planningPlaceOf } from "./planning-context.ts";
import { submitLines } from "./render/outcomes.ts";
import { awaitOutcome, knownOf, type Submission, settled } from "./submission.ts";
import { producerOn } from "./writer.ts";

/** How long a plan waits for the one before it, where one must land before the next is made. */
const busyWithinMs = 60_000;
const busyEveryMs = 200;

/**
 * Makes the plan, hands it over and prints where it stands; `--wait` follows it to its end. With the line down nothing is
 * done: a plan that nobody hears of would stand in the way of the next.
 */
export async function handOverPlan(call: Invocation, edit: RoadmapEdit): Promise<number> {
  await using bus = await openBus(call);
  const made = await planAndHandOver(call, bus, edit);
  const slug = edit.act === "add" ? edit.item.slug : edit.slug;
  if (made === null) {
    if (call.output.json) call.output.document({ ...noSubmission, act: edit.act, item: slug, notes: [] });
    else call.output.line(styled("strong", slug), " is there already; nothing was changed.");
    return 0;
  }
  const { submission } = made;
  const wait = call.options.flag("wait");
  const { shape, exitCode } = wait
    ? await awaitOutcome(call, bus, submission)
    : await settled(bus, submission);
  if (call.output.json) call.output.document({ ...shape, act: edit.act, item: slug, notes: made.notes });
  else {
    const commit = `${made.plan.sha.slice(0, 7)} on ${made.plan.branch}`;
    call.output.line(doing[edit.act], styled("strong", slug), ` (${commit}).`);
    for (const note of made.notes) call.output.line(styled("dim", "  "), note);
    call.output.lines(submitLines(shape));
  }
  return exitCode;
}

export type HandedOverPlan = { plan: Plan; notes: string[]; submission: Submission };

/** The plan, made and handed over; null where there is nothing to change. */
export async function planAndHandOver(
  call: Invocation,
  bus: Bus,
  edit: RoadmapEdit,
): Promise<HandedOverPlan | null> {
  const place = planningPlaceOf(call, bus.workplace);
  const made = await planWhenFree(bus, place, edit);
  return made === null ? null : { ...made, submission: await handOver(call, bus, place, made.plan) };
}

const noSubmission = {
  slug: null,
  branch: null,
  sha: null,
  outcome: "unchanged",
  position: null,
  merge_commit: null,
  main_sha: null,
  reason: null,
  next_action: null,
  follow_up_slug: null,
} as const;

const doing = { add: "Planned: add ", move: "Planned: move ", drop: "Planned: drop " } as const;

/** The plan; null where there is nothing to change. */
async function planWhenFree(
  bus: Bus,
  place: PlanningPlace,
  edit: RoadmapEdit,
): Promise<{ plan: Plan; notes: string[] } | null> {
  const stores = storesOf(bus);
  const deadline = monotonicMs() + busyWithinMs;
  for (;;) {
    const planned = await makePlan(place, edit, await knownPlans(stores));
    if (planned.kind === "planned") return planned;
    if (planned.kind === "unchanged") return null;
    if (monotonicMs() > deadline) throw busy(planned.behind);
    await pause(busyEveryMs);
  }
}

async function handOver(call: Invocation, bus: Bus, place: PlanningPlace, { slug, branch, sha }: Plan) {
  const tip = { slug, branch, sha };
  const handOver: HandOver = {
    tip,
    remote: place.remote,
    approvedBy: null,
    by: actorOf(call),
    at: isoTime(wallMs()),
  };
  const known = await knownOf(storesOf(bus), tip);
  await record(place, handOver, known);
  const said = await say(producerOn(bus), handOver, known);
  return { tip, attempt: known.attempt ?? 1, lastStreamId: said.at(-1)?.streamId ?? null };
}

function busy({ slug }: Plan): Failure {
  return new Failure({
    code: "plan_pending",
    kind: "temporary",
    message: `${slug} has to land first: plans that are squashed land one after the other. Nothing was changed.`,
    cure: `signalbox why ${slug}, then try again.`,
  });
}
