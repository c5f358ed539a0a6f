/** What is planned: the roadmap on main, and what planning candidates on their way will add to it. */
import { waitsFor } from "../books/roadmap.ts";
import { Failure, isFailure } from "../errors.ts";
import {
  booksAt,
  isOver,
  type KnownPlans,
  lookAtPlans,
  type PlanningLook,
  type PlanningPlace,
} from "./planning.ts";
import { type RoadmapItem, readPlan } from "./roadmap.ts";

export type PlannedItem = RoadmapItem & {
  /** The slugs of its `after:` that are not delivered. */
  waitingFor: string[];
  /** The planning candidate's branch that will bring it; null: it is on main. */
  plannedIn: string | null;
};

export type PlannedItems = {
  /** In the order of the roadmap; what is still to come last. */
  items: PlannedItem[];
  delivered: ReadonlySet<string>;
  /** The commit of main they were read at. */
  main: string;
  /** Why the remote could not be asked, and main is as it was seen last; null: it is as of now. */
  away: string | null;
  /** There is a roadmap at all. */
  hasRoadmap: boolean;
};

/**
 * Reads main and the plans at the remote; main as last seen where it cannot be reached. Throws `roadmap_unreadable`,
 * `books_unreadable`, and `remote_away` where main was never seen.
 */
export async function plannedItems(place: PlanningPlace, known: KnownPlans): Promise<PlannedItems> {
  const { look, away } = await lookOrRemember(place);
  const onMain = await booksAt(place, look.main);
  const { items, delivered } = planOf(place, onMain);
  const found = items.map((item): [RoadmapItem, string | null] => [item, null]);
  const slugs = new Set(items.map(({ slug }) => slug));
  for (const plan of look.plans.filter((one) => !isOver(one, known))) {
    for (const item of planOf(place, await booksAt(place, plan.sha)).items) {
      // What a plan knows of an older main may have been delivered since.
      if (slugs.has(item.slug) || delivered.has(item.slug)) continue;
      slugs.add(item.slug);
      found.push([item, plan.branch]);
    }
  }
  const roadmap = { entries: found.map(([item]) => item), delivered };
  return {
    items: found.map(([item, plannedIn]) => ({
      ...item,
      waitingFor: waitsFor(roadmap, item.slug).waitingFor,
      plannedIn,
    })),
    delivered,
    main: look.main,
    away,
    hasRoadmap: onMain.roadmap !== null || look.plans.length > 0,
  };
}

function planOf({ todos }: PlanningPlace, books: Parameters<typeof readPlan>[0]) {
  const plan = readPlan(books);
  if (plan.kind === "read") return plan;
  throw new Failure({
    code: "roadmap_unreadable",
    kind: "not_ready",
    message: `${todos}/roadmap.yaml cannot be read: ${plan.why}.`,
    cure: "Correct it on a branch of your own, and hand that over with its review.",
  });
}

/** A look at the remote; where it is away, main as it was seen last, and why. Throws `remote_away` where it never was. */
export async function lookOrRemember(
  place: PlanningPlace,
): Promise<{ look: PlanningLook; away: string | null }> {
  try {
    return { look: await lookAtPlans(place), away: null };
  } catch (error) {
    if (!isFailure(error, "remote_away")) throw error;
    const ref = `refs/remotes/${place.remote}/${place.main}^{commit}`;
    const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", ref];
    const seen = await place.git.run(args, { cwd: place.clone.commonDir });
    if (seen.code !== 0) throw error;
    const main = seen.stdout.toString("latin1").trim();
    return { look: { main, plans: [], highest: 0 }, away: error.message };
  }
}
