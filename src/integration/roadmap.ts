/** What main's own files say must be delivered before what: the `after:` lists of the roadmap. Reads, never writes. */
import { parseDocument } from "yaml";
import type { LineRepository } from "../git/line-repository.ts";

export type RoadmapEntry = { slug: string; after: string[] };
export type Roadmap = { entries: RoadmapEntry[]; delivered: ReadonlySet<string> };

/** The roadmap at a commit of main. A file that is missing or malformed makes nobody wait. */
export async function readRoadmap(line: LineRepository, main: string, todos: string): Promise<Roadmap> {
  const { tree } = await line.objects.readCommit(main);
  const text = async (path: string): Promise<string | null> => {
    const entry = await line.objects.entryAt(tree, path);
    if (entry === null || !entry.mode.startsWith("100")) return null;
    return (await line.objects.readBlob(entry.id)).toString("utf8");
  };
  return parseRoadmap(await text(`${todos}/roadmap.yaml`), await text(`${todos}/delivered.yaml`));
}

/** Pure: the two files' texts as a roadmap. */
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

/** Which slugs this one waits for, and the cycle it is caught in, if it is. Pure. */
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
