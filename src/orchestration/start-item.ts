/**
 * `todo start`: from a slug to a place where work can begin. Finds or makes the item's branch and worktree, says so, and
 * prepares the worktree.
 *
 * Each step may run twice: killed anywhere, the next start finds what is there and goes on. A follow-up gets a new branch
 * at main whose first commit is what has to be done, made without a checkout.
 */
import { Failure, isFailure } from "../errors.ts";
import type { EventDraft } from "../events/atomic-write.ts";
import type { Lock } from "../events/lock.ts";
import { commitFiles } from "../git/clone-commit.ts";
import { followHead } from "../git/clone-remote.ts";
import { nearestNames } from "../nearest.ts";
import { type ItemState, standingOf } from "./item.ts";
import { softwareDomain } from "./item-event.ts";
import { type MarkGround, markPhase } from "./mark-phase.ts";
import type { Step } from "./phases.ts";
import { lookOrRemember, type PlannedItem, plannedItems } from "./planned-items.ts";
import type { KnownPlans, PlanningPlace } from "./planning.ts";
import { type Prepared, type PrepareRequest, prepareWorktree } from "./prepare.ts";
import { openPlace, type Place } from "./worktrees.ts";

export type StartGround = {
  mark: MarkGround;
  planning: PlanningPlace;
  known: KnownPlans;
  lock: (name: string) => Lock;
  /** How a worktree is prepared; null: not now. */
  prepare: Omit<PrepareRequest, "git" | "lock" | "values"> | null;
};

/** What a blocked candidate's follow-up says is to be done. */
export type FollowUpText = {
  /** The blocked item. */
  of: string;
  isResolved: boolean;
  /** Markdown. */
  requirements: string;
  /** Markdown. */
  plan: string;
};

export type StartRequest = {
  slug: string;
  branch: string | null;
  worktree: string | null;
  /** Also where there is a roadmap that does not name it. */
  unplanned: boolean;
  followUp: FollowUpText | null;
  by: string;
  /** RFC 3339. */
  at: string;
};

export type StartedItem = {
  state: ItemState | null;
  place: Place;
  /** As the roadmap has it; null where it has not, or was not asked. */
  planned: PlannedItem | null;
  prepared: Prepared | { kind: "not_now" };
  /** What the person should know. */
  notes: string[];
};

/**
 * Starts the item, or finds it started. Throws `item_handed_over`, `follow_up_resolved`, `not_planned` and what the place,
 * the roadmap and the preparing say against it. A command that fails is an outcome (`prepared.kind: "failed"`).
 */
export async function startItem(ground: StartGround, request: StartRequest): Promise<StartedItem> {
  const { slug, branch, worktree } = request;
  const before = await ground.mark.items.get(slug);
  if (before !== null && standingOf(before) === "handed_over") throw handedOver(slug);
  const begun: { planned: PlannedItem | null; notes: string[] } = { planned: null, notes: [] };
  const isOver = before !== null && standingOf(before) !== "open" && standingOf(before) !== "blocked";
  const place = await openPlace(ground.planning, {
    slug,
    branch: branch ?? (isOver || worktree !== null ? null : (before?.branch ?? null)),
    worktree,
    begin: async () => {
      const { base, main, planned, notes } = await beginningOf(ground, request, before !== null);
      await followMain(ground.planning, main);
      begun.planned = planned;
      begun.notes.push(...notes);
      return base;
    },
  });
  const state = await saidStarted(ground, request, place);
  const { prepared, notes } = await prepareItem(ground, request, place, state);
  return {
    state: await ground.mark.items.get(slug),
    place,
    planned: begun.planned,
    prepared,
    notes: [...begun.notes, ...notes],
  };
}

/** A reviewer who compares with the remote's main must not find what others have landed among the item's changes. */
async function followMain(
  { git, userGit, clone, remote, main: name }: PlanningPlace,
  main: string,
): Promise<void> {
  const ref = `refs/remotes/${remote}/${name}`;
  const known = await git.run(["rev-parse", "--verify", "--quiet", ref], { cwd: clone.commonDir });
  if (known.stdout.toString("latin1").trim() !== main) await followHead(userGit, clone, remote, name);
}

type Beginning = { base: string; main: string; planned: PlannedItem | null; notes: string[] };

/** The commit a new branch begins at. */
async function beginningOf(ground: StartGround, request: StartRequest, isKnown: boolean): Promise<Beginning> {
  const { planning, known } = ground;
  const { slug, followUp } = request;
  if (followUp !== null) {
    const { look, away } = await lookOrRemember(planning);
    const base = await followUpCommit(ground, slug, followUp, look.main);
    return { base, main: look.main, planned: null, notes: away === null ? [] : [asSeenLast(planning, away)] };
  }
  if (request.unplanned || isKnown) {
    const { look, away } = await lookOrRemember(planning);
    return {
      base: look.main,
      main: look.main,
      planned: null,
      notes: away === null ? [] : [asSeenLast(planning, away)],
    };
  }
  const { items, delivered, main, away, hasRoadmap } = await plannedItems(planning, known);
  const planned = items.find((item) => item.slug === slug) ?? null;
  if (hasRoadmap && planned === null && !delivered.has(slug))
    throw notPlanned(
      slug,
      items.map((item) => item.slug),
    );
  const notes = [
    ...(away === null ? [] : [asSeenLast(planning, away)]),
    ...(planned === null || planned.waitingFor.length === 0
      ? []
      : [
          `It can land when ${planned.waitingFor.join(", ")} ${planned.waitingFor.length === 1 ? "is" : "are"} delivered.`,
        ]),
    ...(planned?.plannedIn == null ? [] : [`It is planned in ${planned.plannedIn}, which is on its way.`]),
  ];
  return { base: main, main, planned, notes };
}

/** The first commit of a follow-up's branch: what has to be done, as files of its own folder. */
async function followUpCommit(
  { planning }: StartGround,
  slug: string,
  { of, isResolved, requirements, plan }: FollowUpText,
  parent: string,
): Promise<string> {
  if (isResolved)
    throw new Failure({
      code: "follow_up_resolved",
      kind: "not_ready",
      message: `${slug} is resolved: ${of} is not blocked by it any more.`,
      cure: `signalbox why ${of}`,
    });
  const folder = `${planning.todos}/${slug}`;
  const files = new Map([
    [`${folder}/requirements.md`, requirements],
    [`${folder}/implementation-plan.md`, plan],
  ]);
  return commitFiles(planning, planning.clone, {
    parent,
    files,
    message: `Take up ${slug}\n\n${of} is blocked.\n`,
  });
}

/** Says that work began, where nobody has said so of this branch. */
async function saidStarted(
  ground: StartGround,
  request: StartRequest,
  place: Place,
): Promise<ItemState | null> {
  const { slug, by, at, followUp } = request;
  const { row } = await ground.mark.items.change(slug, (state, mark): EventDraft[] => {
    const standing = state === null ? null : standingOf(state);
    const isSaid = standing === "open" || standing === "blocked";
    if (isSaid && (state?.branch ?? slug) === place.branch) return [];
    const data = {
      slug,
      branch: place.branch,
      by,
      ...(place.base === null ? {} : { base_sha: place.base }),
      ...(followUp === null ? {} : { follow_up_of: followUp.of }),
      mark,
      started_at: at,
    };
    return [{ type: `${softwareDomain}work.item.started`, data }];
  });
  return row;
}

async function prepareItem(
  ground: StartGround,
  request: StartRequest,
  place: Place,
  state: ItemState | null,
): Promise<{ prepared: StartedItem["prepared"]; notes: string[] }> {
  if (ground.prepare === null) return { prepared: { kind: "not_now" }, notes: [] };
  const { slug } = request;
  const { planning, mark } = ground;
  const isPhase = state === null || (state.phase === "prepare" && state.status !== "complete");
  const marks = isPhase && ground.prepare.command !== null;
  if (marks) await marked(mark, request, { phase: "prepare", status: "started" });
  const prepared = await prepareWorktree({
    ...ground.prepare,
    git: planning.git,
    lock: ground.lock(`prepare:${slug}`),
    values: { slug, branch: place.branch, base: `${planning.remote}/${planning.main}`, worktree: place.path },
  });
  if (!marks || prepared.kind === "failed") return { prepared, notes: [] };
  try {
    await marked(mark, request, { phase: "prepare", status: "complete" });
    return { prepared, notes: [] };
  } catch (error) {
    // What it leaves behind is the owner's to ignore or to commit; the place can be worked in.
    if (!isFailure(error, "worktree_dirty")) throw error;
    return { prepared, notes: [`Prepared, but not marked complete: ${error.message}`] };
  }
}

async function marked(ground: MarkGround, { slug, by, at }: StartRequest, step: Step): Promise<void> {
  await markPhase(ground, { ...step, slug, by, at, findings: null, overLimit: false });
}

function asSeenLast({ remote, main }: PlanningPlace, away: string): string {
  return `${away} It begins at ${remote}/${main} as it was seen last.`;
}

function handedOver(slug: string): Failure {
  return new Failure({
    code: "item_handed_over",
    kind: "not_ready",
    message: `${slug} is handed over, and the line's until it lands or is blocked. Nothing was changed.`,
    cure: `To work on it again: signalbox queue withdraw ${slug} --reason R`,
  });
}

function notPlanned(slug: string, known: readonly string[]): Failure {
  const near = nearestNames(slug, known)[0];
  return new Failure({
    code: "not_planned",
    kind: "bad_input",
    message: `${slug} is not in the roadmap, and no branch has its name.`,
    cure:
      near === undefined
        ? `signalbox roadmap add ${slug}, or: signalbox todo start ${slug} --unplanned`
        : `Did you mean ${near}? Else: signalbox roadmap add ${slug}`,
  });
}
