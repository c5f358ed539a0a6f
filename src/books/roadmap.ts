/** Pure: what the roadmap says must be delivered before what, by its `after:` lists. */
import { parseDocument } from "yaml";

export type RoadmapEntry = { slug: string; after: string[] };
export type Roadmap = { entries: RoadmapEntry[]; delivered: ReadonlySet<string> };

/** The two files' texts as a roadmap. One that is missing or malformed makes nobody wait. */
export function parseRoadmap(roadmap: string | null, delivered: string | null): Roadmap {
  return {
    entries: listOf(roadmap).flatMap((entry) => {
      const slug = textOf(entry, "slug");
      if (slug === null) return [];
      const after = fieldOf(entry, "after");
      const names = Array.isArray(after) ? after.filter((one) => typeof one === "string") : [];
      return [{ slug, after: names }];
    }),
    delivered: new Set(
      listOf(delivered).flatMap((entry) => {
        const children = fieldOf(entry, "children");
        const slugs = [textOf(entry, "slug"), ...(Array.isArray(children) ? children : [])];
        return slugs.filter((slug) => typeof slug === "string");
      }),
    ),
  };
}

/** Which slugs this one waits for, and the cycle it is caught in, if it is. */
export function waitsFor(roadmap: Roadmap, slug: string): { waitingFor: string[]; cycle: string[] | null } {
  const afterOf = new Map(roadmap.entries.map((entry) => [entry.slug, entry.after]));
  const open = (one: string): string[] =>
    (afterOf.get(one) ?? []).filter((other) => !roadmap.delivered.has(other));
  return { waitingFor: open(slug), cycle: cycleThrough(slug, open) };
}

/** The shortest way from `slug` back to itself along the lists, or null. Each slug is entered once, and without recursion. */
function cycleThrough(slug: string, next: (slug: string) => string[]): string[] | null {
  const cameFrom = new Map<string, string>();
  const open = [slug];
  for (const at of open)
    for (const to of next(at)) {
      if (to === slug) return [...wayTo(at, cameFrom), slug];
      if (cameFrom.has(to)) continue;
      cameFrom.set(to, at);
      open.push(to);
    }
  return null;
}

function wayTo(slug: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [slug];
  for (let at = cameFrom.get(slug); at !== undefined; at = cameFrom.get(at)) way.push(at);
  return way.reverse();
}

function listOf(text: string | null): unknown[] {
  if (text === null) return [];
  const document = parseDocument(text);
  if (document.errors.length > 0) return [];
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return Array.isArray(value) ? value : [];
  } catch {
    // An alias bomb: no roadmap that anybody wrote.
    return [];
  }
}

function fieldOf(entry: unknown, name: string): unknown {
  if (typeof entry !== "object" || entry === null || !Object.hasOwn(entry, name)) return undefined;
  return Object.entries(entry).find(([key]) => key === name)?.[1];
}

function textOf(entry: unknown, name: string): string | null {
  const value = fieldOf(entry, name);
  return typeof value === "string" ? value : null;
}
