/** Pure: what the roadmap says must be delivered before what, by its `after:` lists. */
import type { Entry } from "./list-text.ts";
import { readList } from "./yaml-list.ts";

export type RoadmapEntry = { slug: string; after: readonly string[] };
export type Roadmap = { entries: RoadmapEntry[]; delivered: ReadonlySet<string> };

/** The two files' texts as a roadmap. One that is missing or malformed makes nobody wait. */
export function parseRoadmap(roadmap: string | null, delivered: string | null): Roadmap {
  const entries: RoadmapEntry[] = [];
  for (const entry of listOf(roadmap)) {
    const slug = fieldOf(entry, "slug");
    const after = fieldOf(entry, "after");
    if (!isText(slug)) continue;
    entries.push({ slug, after: Array.isArray(after) ? textsOf(after) : [] });
  }
  const slugs = new Set<string>();
  for (const entry of listOf(delivered)) {
    const children = fieldOf(entry, "children");
    const slug = fieldOf(entry, "slug");
    if (isText(slug)) slugs.add(slug);
    for (const child of Array.isArray(children) ? textsOf(children) : []) slugs.add(child);
  }
  return { entries, delivered: slugs };
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

function listOf(text: string | null): Entry[] {
  const reading = readList(text ?? "");
  return reading.kind === "list" ? reading.entries : [];
}

/** Only what the entry itself says: `__proto__` is a key like any other there. */
function fieldOf(entry: Entry, name: string): unknown {
  return Object.hasOwn(entry, name) ? entry[name] : undefined;
}

/** Only the texts among them: the list itself, where there is nothing else. */
function textsOf(values: readonly unknown[]): readonly string[] {
  return values.every(isText) ? values : values.filter(isText);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
