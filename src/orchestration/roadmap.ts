/**
 * Pure: the roadmap as people plan with it: its items in order, and the three edits (add, move, drop) of its text, each
 * with everything that speaks against it.
 */

import type { Entry } from "../books/list-text.ts";
import { type Placing, type Position, withEntryAt, withEntryMoved } from "../books/placing.ts";
import { parseRoadmap, waitsFor } from "../books/roadmap.ts";
import { readList, withoutSlugs } from "../books/yaml-list.ts";
import { nearestNames } from "../nearest.ts";

export type RoadmapItem = {
  slug: string;
  title: string | null;
  description: string | null;
  group: string | null;
  after: string[];
};

/** The texts of `roadmap.yaml` and `delivered.yaml`; null where there is no such file. */
export type PlanningBooks = { roadmap: string | null; delivered: string | null };

export type RoadmapEdit =
  | { act: "add"; item: RoadmapItem; position: Position }
  | { act: "move"; slug: string; position: Position }
  | { act: "drop"; slug: string };

export type RoadmapEditing =
  | { kind: "edited"; text: string; notes: string[] }
  /** It is as it should be already. */
  | { kind: "unchanged" }
  /** `wrong_use`: what was asked names something that is not there; `not_ready`: the roadmap speaks against it. */
  | { kind: "refused"; fault: "wrong_use" | "not_ready"; code: string; why: string; cure: string };

export type RoadmapReading =
  | { kind: "read"; items: RoadmapItem[]; delivered: ReadonlySet<string> }
  | { kind: "malformed"; why: string };

/** The items in their order. A roadmap that is no YAML list is told, not taken for an empty one. */
export function readPlan({ roadmap, delivered }: PlanningBooks): RoadmapReading {
  const reading = readList(roadmap ?? "");
  if (reading.kind === "malformed") return reading;
  const items = reading.entries.flatMap((entry) => {
    const slug = textOf(entry, "slug");
    if (slug === null) return [];
    const named = Array.isArray(entry.after) ? entry.after.filter((one) => typeof one === "string") : [];
    return [
      {
        slug,
        title: textOf(entry, "title"),
        description: textOf(entry, "description"),
        group: textOf(entry, "group"),
        after: named,
      },
    ];
  });
  return { kind: "read", items, delivered: parseRoadmap(null, delivered).delivered };
}

/** The roadmap's text after the edit, or why it is not to be. */
export function editRoadmap(books: PlanningBooks, edit: RoadmapEdit): RoadmapEditing {
  const plan = readPlan(books);
  if (plan.kind === "malformed")
    return {
      kind: "refused",
      fault: "not_ready",
      code: "roadmap_unreadable",
      why: `The roadmap cannot be read: ${plan.why}.`,
      cure: byHand,
    };
  const text = books.roadmap ?? "";
  switch (edit.act) {
    case "add": {
      const against = speaksAgainst(books, plan, edit.item);
      return (
        against ?? placed(plan, text, withEntryAt(text || newRoadmap, entryOf(edit.item), edit.position))
      );
    }
    case "move":
      return placed(plan, text, withEntryMoved(text, edit.slug, edit.position));
    case "drop":
      return dropped(plan, text, edit.slug);
    default:
      return edit satisfies never;
  }
}

type Plan = Extract<RoadmapReading, { kind: "read" }>;
type Refusal = Extract<RoadmapEditing, { kind: "refused" }>;

const newRoadmap = "# What we do next, in order.\n";
const byHand = "Correct it on a branch of your own, and hand that over with its review.";

function speaksAgainst(books: PlanningBooks, plan: Plan, item: RoadmapItem): Refusal | null {
  const { slug, after } = item;
  const refused = { kind: "refused", fault: "not_ready" } as const;
  if (plan.items.some((one) => one.slug === slug)) {
    const why = `${slug} is in the roadmap already.`;
    return {
      ...refused,
      code: "already_planned",
      why,
      cure: `signalbox roadmap move ${slug} puts it elsewhere.`,
    };
  }
  if (plan.delivered.has(slug))
    return {
      ...refused,
      code: "already_delivered",
      why: `${slug} was delivered.`,
      cure: "Choose another slug.",
    };
  const known = new Set([...plan.items.map((one) => one.slug), ...plan.delivered]);
  const missing = after.find((one) => !known.has(one));
  if (missing !== undefined) return unknown(missing, known, `${slug} cannot wait for ${missing}`);
  const { entries, delivered } = parseRoadmap(books.roadmap, books.delivered);
  const { cycle } = waitsFor({ entries: [...entries, { slug, after }], delivered }, slug);
  if (cycle === null) return null;
  const why = `${slug} would wait for itself: ${cycle.join(" → ")}.`;
  return {
    ...refused,
    fault: "wrong_use",
    code: "after_cycle",
    why,
    cure: "Leave one of these out of --after.",
  };
}

function placed(plan: Plan, text: string, placing: Placing): RoadmapEditing {
  if (placing.kind === "unusual") return unusual;
  if (placing.kind === "no_such") return notPlanned(plan, placing.slug);
  return placing.text === text ? { kind: "unchanged" } : { ...placing, notes: [] };
}

function dropped(plan: Plan, text: string, slug: string): RoadmapEditing {
  if (!plan.items.some((one) => one.slug === slug)) return notPlanned(plan, slug);
  const edit = withoutSlugs(text, new Set([slug]));
  if (edit.kind === "unusual") return unusual;
  const waiting = plan.items.filter((one) => one.slug !== slug && one.after.includes(slug));
  return { ...edit, notes: waiting.map((one) => `${one.slug} does not wait for ${slug} any more.`) };
}

const unusual: Refusal = {
  kind: "refused",
  fault: "not_ready",
  code: "roadmap_unusual",
  why: "The roadmap is written in a way that cannot be edited without changing more than this.",
  cure: byHand,
};

function notPlanned(plan: Plan, slug: string): Refusal {
  const known = plan.items.map((one) => one.slug);
  return unknown(slug, known, `${slug} is not in the roadmap`);
}

function unknown(slug: string, known: Iterable<string>, what: string): Refusal {
  const near = nearestNames(slug, known)[0];
  const cure = near === undefined ? "See signalbox roadmap list." : `Did you mean ${near}?`;
  return { kind: "refused", fault: "wrong_use", code: "not_planned", why: `${what}.`, cure };
}

/** Only what was said, in the order the format names it. */
function entryOf({ slug, title, description, group, after }: RoadmapItem): Entry {
  return {
    slug,
    ...(title === null ? {} : { title }),
    ...(description === null ? {} : { description }),
    ...(group === null ? {} : { group }),
    ...(after.length === 0 ? {} : { after }),
  };
}

function textOf(entry: Entry, name: string): string | null {
  const value = Object.hasOwn(entry, name) ? entry[name] : null;
  return typeof value === "string" ? value : null;
}
