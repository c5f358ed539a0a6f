/**
 * Planning is landed like everything else: an edit of the roadmap is a small commit on a branch `signalbox/plan-<n>`, made
 * without a checkout, and handed over.
 *
 * Guaranteed: two that plan at once both land. A new edit stands on the newest plan that is still on its way, and the
 * branch's name is the referee: the remote grants each number once, and who comes second looks again. The trade-off: who
 * withdraws a plan that another one stands on withdraws both.
 */
import { Failure, remoteAway } from "../errors.ts";
import { pushBranch } from "../git/branch-push.ts";
import type { Clone } from "../git/clone.ts";
import {
  changedSince,
  commitFiles,
  commitTree,
  fileAt,
  isWithin,
  mergedTree,
  missingCommits,
} from "../git/clone-commit.ts";
import { bringHeads, headsAtRemote } from "../git/clone-remote.ts";
import { readItemRecords } from "../git/item-records.ts";
import { slugFromBranch } from "../git/names.ts";
import { editRoadmap, type PlanningBooks, type RoadmapEdit } from "./roadmap.ts";
import type { BranchPlace } from "./submit.ts";

export type PlanningPlace = BranchPlace & {
  clone: Clone;
  main: string;
  /** The folder of the books, as configured. */
  todos: string;
  /** Squashed plans cannot stand on each other: what landed is not what the next one knows. */
  isSquashing: boolean;
};

export type Plan = { number: number; branch: string; slug: string; sha: string };

/** What the line knows of plans. */
export type KnownPlans = {
  /** Candidates on which nothing more may stand: landed, blocked, withdrawn, superseded. */
  over: readonly { slug: string; sha: string }[];
  /** Every slug that was ever a plan's. */
  slugs: readonly string[];
};

/** Main, the plans on their way to it, by number, and the highest number a branch has. */
export type PlanningLook = { main: string; plans: Plan[]; highest: number };

export type Planned =
  | { kind: "planned"; plan: Plan; notes: string[] }
  | { kind: "unchanged" }
  /** Another plan must land first. */
  | { kind: "busy"; behind: Plan };

const branchPattern = /^signalbox\/plan-([1-9][0-9]{0,8})$/;
const slugPattern = /^signalbox-plan-([1-9][0-9]{0,8})$/;
const triesMax = 20;

/** Whether a slug is that of a planning candidate. */
export function isPlanSlug(slug: string): boolean {
  return slugPattern.test(slug);
}

/**
 * Makes the plan's commit and pushes its branch; handing it over is the caller's. Throws what the roadmap says against the
 * edit, `remote_away`, `push_refused`, `no_identity`.
 */
export async function makePlan(place: PlanningPlace, edit: RoadmapEdit, known: KnownPlans): Promise<Planned> {
  for (let tries = 0; tries < triesMax; tries++) {
    // Before the look: a number that is known but whose branch was not seen would pass for one that is free.
    const used = await highestUsed(place, known);
    const look = await lookAtPlans(place);
    const live = look.plans.filter((plan) => !isOver(plan, known));
    const [behind] = live;
    if (place.isSquashing && behind !== undefined) return { kind: "busy", behind };
    const base = await baseOf(place, look.main, live);
    const editing = editRoadmap(await booksAt(place, base), edit);
    if (editing.kind === "unchanged") return editing;
    if (editing.kind === "refused") throw refusal(editing);
    const files = new Map([[`${place.todos}/roadmap.yaml`, editing.text]]);
    const sha = await commitFiles(place, place.clone, { parent: base, files, message: messageOf(edit) });
    const plan = await pushed(place, { look, sha, number: Math.max(used, look.highest) + 1 });
    if (plan !== null) return { kind: "planned", plan, notes: editing.notes };
  }
  const message = "The roadmap is being planned by others all the time.";
  throw new Failure({ code: "planning_busy", kind: "temporary", message, cure: "Try again." });
}

/** Asks the remote for main and the plans on their way, and brings their commits. Throws `remote_away`, `no_main`. */
export async function lookAtPlans(place: PlanningPlace): Promise<PlanningLook> {
  const { git, userGit, clone, remote } = place;
  for (let tries = 1; ; tries++) {
    const answer = await headsAtRemote(userGit, clone, remote, [place.main, "signalbox/plan-*"]);
    if (answer.kind === "remote_away") throw remoteAway(remote, answer.detail);
    const main = answer.heads.get(place.main);
    if (main === undefined)
      throw new Failure({
        code: "no_main",
        kind: "not_ready",
        message: `There is no ${place.main} at ${remote} yet.`,
        cure: `git push ${remote} ${place.main}`,
      });
    const plans = plansIn(answer.heads);
    const wanted = [{ branch: place.main, sha: main }, ...plans];
    const missing = new Set(
      await missingCommits(
        git,
        clone,
        wanted.map(({ sha }) => sha),
      ),
    );
    const branches = wanted.filter(({ sha }) => missing.has(sha)).map(({ branch }) => branch);
    const brought = await bringHeads(userGit, clone, remote, branches);
    const isComplete =
      brought.kind === "brought" && (await missingCommits(git, clone, [...missing])).length === 0;
    if (isComplete)
      return { main, plans: await onTheirWay(place, main, plans), highest: plans.at(-1)?.number ?? 0 };
    // A branch that landed, or moved on, between the question and the fetch: then the next look is whole.
    if (tries >= lookTriesMax)
      throw remoteAway(
        remote,
        brought.kind === "remote_away" ? brought.detail : "its branches move all the time",
      );
  }
}

const lookTriesMax = 5;

/** The books at a commit. One that cannot be read as text is told as `books_unreadable`. */
export async function booksAt(place: PlanningPlace, commit: string): Promise<PlanningBooks> {
  const text = async (name: string): Promise<string | null> => {
    const path = `${place.todos}/${name}`;
    const file = await fileAt(place.git, place.clone, commit, path);
    if (file.kind === "absent") return null;
    if (file.kind === "text") return file.text;
    const message = `${path} cannot be read: ${file.why}.`;
    throw new Failure({ code: "books_unreadable", kind: "not_ready", message });
  };
  return { roadmap: await text("roadmap.yaml"), delivered: await text("delivered.yaml") };
}

function plansIn(heads: ReadonlyMap<string, string>): Plan[] {
  const plans = [...heads].flatMap(([branch, sha]) => {
    const number = Number(branchPattern.exec(branch)?.[1] ?? 0);
    return number === 0 ? [] : [{ number, branch, slug: slugFromBranch(branch), sha }];
  });
  return plans.sort((a, b) => a.number - b.number);
}

/** Plans that are not on main yet, and change nothing but the roadmap: any other branch of that name waits for a review. */
async function onTheirWay(place: PlanningPlace, main: string, plans: Plan[]): Promise<Plan[]> {
  const { git, clone, todos } = place;
  const paths = [`${todos}/roadmap.yaml`];
  const isOne = await Promise.all(
    plans.map(
      async ({ sha }) =>
        !(await isWithin(git, clone, sha, main)) &&
        (await changedSince(git, clone, main, sha)).every((path) => paths.includes(path)),
    ),
  );
  return plans.filter((_, index) => isOne[index]);
}

/** Whether nothing more may stand on a plan. */
export function isOver({ slug, sha }: Plan, { over }: KnownPlans): boolean {
  return over.some((one) => one.slug === slug && one.sha === sha);
}

/** Main, or the newest plan that goes together with it, brought up to main. */
async function baseOf(place: PlanningPlace, main: string, live: readonly Plan[]): Promise<string> {
  const { git, userGit, clone } = place;
  for (const { sha, branch } of live.toReversed()) {
    if (await isWithin(git, clone, main, sha)) return sha;
    const tree = await mergedTree(git, clone, sha, main);
    if (tree === null) continue;
    return commitTree(userGit, clone, {
      tree,
      parents: [sha, main],
      message: `Merge ${place.main} into ${branch}\n`,
    });
  }
  return main;
}

/** The highest number that a plan is known to have had: a plan's name means one plan. */
async function highestUsed({ git, clone }: PlanningPlace, known: KnownPlans): Promise<number> {
  const records = await readItemRecords(git, clone);
  const slugs = [...records.keys(), ...known.slugs];
  return Math.max(0, ...slugs.map((slug) => Number(slugPattern.exec(slug)?.[1] ?? 0)));
}

/** The plan, where the remote has it now; null where somebody else was first, or main moved against it. */
async function pushed(
  place: PlanningPlace,
  { look, sha, number }: { look: PlanningLook; sha: string; number: number },
): Promise<Plan | null> {
  const { userGit, clone, remote } = place;
  const branch = `signalbox/plan-${number}`;
  const result = await pushBranch(userGit, clone, { remote, branch, sha, expected: null });
  // Whatever the push said: what counts is where the branch is now.
  const answer = await headsAtRemote(userGit, clone, remote, [place.main, branch]);
  if (answer.kind === "remote_away") throw remoteAway(remote, answer.detail);
  const there = answer.heads.get(branch) ?? null;
  if (there === sha) {
    const main = answer.heads.get(place.main) ?? look.main;
    if (main === look.main || (await stillFits(place, main, sha))) return planOf(branch, number, sha);
    await pushBranch(userGit, clone, { remote, branch, sha: null, expected: sha });
    return null;
  }
  if (there !== null || result.kind === "stale") return null;
  const detail = "detail" in result ? `: ${result.detail}` : "";
  const message = `${branch} could not be pushed to ${remote}${detail}`;
  throw new Failure({
    code: "push_refused",
    kind: "failed",
    message,
    cure: `Try git push ${remote} yourself.`,
  });
}

function planOf(branch: string, number: number, sha: string): Plan {
  return { number, branch, slug: slugFromBranch(branch), sha };
}

async function stillFits(place: PlanningPlace, main: string, sha: string): Promise<boolean> {
  const { git, userGit, clone, remote } = place;
  const brought = await bringHeads(userGit, clone, remote, [place.main]);
  if (brought.kind === "remote_away" || (await missingCommits(git, clone, [main])).length > 0) return true;
  return (await mergedTree(git, clone, main, sha)) !== null;
}

function messageOf(edit: RoadmapEdit): string {
  if (edit.act !== "add") return `Plan: ${edit.act} ${edit.slug}\n`;
  const { slug, title } = edit.item;
  return `Plan: add ${slug}\n${title === null ? "" : `\n${title}\n`}`;
}

function refusal(editing: Extract<ReturnType<typeof editRoadmap>, { kind: "refused" }>): Failure {
  const { fault, code, why, cure } = editing;
  return new Failure({ code, kind: fault === "wrong_use" ? "bad_input" : "not_ready", message: why, cure });
}
