/**
 * `orchestrate --all`: walks everything that is planned, in the order of the roadmap, so many at once. What it knows it
 * reads anew each time: an item that was planned, landed or answered for meanwhile is seen at the next look.
 */
import { monotonicMs, pause } from "../../clock.ts";
import { isFailure } from "../../errors.ts";
import { type ItemState, standingOf } from "../item.ts";
import { type PlannedItem, plannedItems } from "../planned-items.ts";
import { listSessions } from "../sessions/find-sessions.ts";
import { isOpen } from "../sessions/session.ts";
import { openItems } from "../work-items.ts";
import { isWorker } from "./attempt.ts";
import type { OrchestratorGround } from "./ground.ts";
import type { Outcome } from "./outcome.ts";
import { openPatience } from "./patience.ts";
import { type Known, markOf, type Roster, rosterOf, sinceThen, waitedFor } from "./roster.ts";
import { walk } from "./walk.ts";
import { outcomeWords } from "./words.ts";

export type FleetRequest = { maxParallel: number; stop: AbortSignal };
export type Result = { slug: string; outcome: Outcome };

/** Between two looks at what the line has landed, ms. */
const lookEveryMs = 1000;
/** And at the roadmap, where nothing tells that it changed, ms. */
const planEveryMs = 30_000;

/** Resolves when every item is handed over or waits for somebody; what became of each, in the roadmap's order. */
export async function walkAll(ground: OrchestratorGround, request: FleetRequest): Promise<Result[]> {
  const { stop, maxParallel } = request;
  const running = new Map<string, Promise<void>>();
  const results = new Map<string, { outcome: Outcome; mark: string }>();
  const plan = openPlan(ground);
  let roster: Roster = { take: [], waiting: [], isMoving: false };
  const told = new Set<string>();
  const start = (slug: string): void => {
    const walking = walk(ground, { slug, takesOver: false, stop }).then(async (outcome) => {
      ground.tell(slug, outcomeWords(outcome));
      results.set(slug, { outcome, mark: markOf(await knownOf(ground), slug) });
      plan.isOld();
    });
    running.set(
      slug,
      walking.finally(() => running.delete(slug)),
    );
  };
  const look = async (): Promise<boolean> => {
    const known = await knownOf(ground);
    roster = rosterOf(await plan.read(known), {
      known,
      running: new Set(running.keys()),
      atWork: await slugsAtWork(ground),
      over: new Map([...results].map(([slug, { mark }]) => [slug, mark])),
      free: maxParallel - running.size,
    });
    for (const one of roster.waiting) {
      const line = `waits for ${one.for.join(", ")}`;
      if (!told.has(`${one.slug} ${line}`)) ground.tell(one.slug, line);
      told.add(`${one.slug} ${line}`);
    }
    for (const slug of roster.take) start(slug);
    return running.size > 0 || roster.isMoving;
  };
  const patience = openPatience((line) => ground.tell(null, line));
  while (!stop.aborted)
    try {
      if (!(await patience.through(look, stop))) break;
      await Promise.race([pause(lookEveryMs, stop), ...running.values()]);
    } catch (error) {
      // What is begun is brought to its end, whatever keeps more from being taken.
      await Promise.all(running.values());
      throw error;
    }
  await Promise.all(running.values());
  return resultsOf(ground, { results, roster, order: plan.seen(), isStopped: stop.aborted });
}

/** Items with a worker that runs. */
async function slugsAtWork({ sessions }: OrchestratorGround): Promise<Set<string>> {
  const open = (await listSessions(sessions)).filter((session) => isOpen(session) && isWorker(session.role));
  return new Set(open.flatMap(({ slug }) => (slug === null ? [] : [slug])));
}

type Found = ReadonlyMap<string, Known & { state: ItemState }>;

async function knownOf({ source }: OrchestratorGround): Promise<Found> {
  const states = await openItems(source).all();
  return new Map(
    states.map((state) => [state.slug, { standing: standingOf(state), mark: markIn(state), state }]),
  );
}

/** Another one as soon as somebody has marked it, answered, or the line has spoken. */
function markIn(state: ItemState): string {
  return [state.since.id, standingOf(state), state.asked === null ? "" : "asked"].join(" ");
}

/** The roadmap, read again when what is delivered has changed, something was walked, or time has passed. */
function openPlan(ground: OrchestratorGround) {
  const order: string[] = [];
  let last: { items: PlannedItem[]; delivered: string; atMs: number } | null = null;
  return {
    isOld: () => {
      last = null;
    },
    seen: () => order,
    async read(known: Found): Promise<PlannedItem[]> {
      const delivered = [...known]
        .filter(([, { standing }]) => standing === "delivered")
        .map(([slug]) => slug);
      const now = delivered.join();
      if (last !== null && last.delivered === now && monotonicMs() - last.atMs < planEveryMs)
        return last.items;
      const { planning, known: plans } = await ground.starting();
      const { items, away } = await plannedItems(planning, plans);
      if (away !== null) ground.tell(null, `${away} The roadmap is read as it was seen last.`);
      last = { items, delivered: now, atMs: monotonicMs() };
      for (const { slug } of items) if (!order.includes(slug)) order.push(slug);
      return items;
    },
  };
}

type Ending = {
  results: ReadonlyMap<string, { outcome: Outcome }>;
  roster: Roster;
  order: readonly string[];
  isStopped: boolean;
};

/** What became of each, as it is now. */
async function resultsOf(
  ground: OrchestratorGround,
  { results, roster, order, isStopped }: Ending,
): Promise<Result[]> {
  const known = await knownOf(ground).catch((error: unknown) => {
    if (!isFailure(error)) throw error;
    return new Map<string, Known & { state: ItemState }>();
  });
  const outcomeOf = (slug: string): Outcome | null => {
    const own = results.get(slug)?.outcome ?? null;
    const found = known.get(slug) ?? null;
    const facts = found === null ? null : { ...found.state, standing: found.standing };
    return own === null ? null : sinceThen(own, facts);
  };
  const whyOf = (slug: string): string => {
    const outcome = outcomeOf(slug);
    if (outcome !== null) return outcomeWords(outcome);
    return known.has(slug)
      ? `is ${known.get(slug)?.standing.replace("_", " ")}`
      : "is not known to be delivered";
  };
  return order.flatMap((slug): Result[] => {
    const outcome = outcomeOf(slug);
    if (outcome !== null) return [{ slug, outcome }];
    const waits = roster.waiting.find((one) => one.slug === slug);
    if (isStopped)
      return known.get(slug)?.standing === "delivered" ? [] : [{ slug, outcome: { kind: "stopped" } }];
    return waits === undefined ? [] : [{ slug, outcome: waitedFor(slug, waits.for, whyOf) }];
  });
}
