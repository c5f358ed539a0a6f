/**
 * Pure. Of all that is planned: which items to walk now, which wait for others, and whether what they wait for is still on
 * its way. An item begins when everything in its `after:` is delivered, so that its branch begins with that.
 */
import type { Standing } from "../phases.ts";
import type { Outcome } from "./outcome.ts";

export type Entry = {
  slug: string;
  /** What of its `after:` main does not record as delivered. */
  waitingFor: readonly string[];
};

export type Known = {
  standing: Standing;
  /** Changes whenever something is said of its way. */
  mark: string;
};

export type Roster = {
  /** To be walked now, in the order of the roadmap. */
  take: string[];
  waiting: { slug: string; for: string[] }[];
  /** Somebody waits for what the line has and may land. */
  isMoving: boolean;
};

/** `over`: what was walked already, and where it stood then; taken again once somebody has said something of it. */
export function rosterOf(
  entries: readonly Entry[],
  at: {
    known: ReadonlyMap<string, Known>;
    running: ReadonlySet<string>;
    /** Items whose workers run already, since an orchestrator before us has started them: they are taken whatever is free. */
    atWork: ReadonlySet<string>;
    over: ReadonlyMap<string, string>;
    free: number;
  },
): Roster {
  const standingOf = (slug: string) => at.known.get(slug)?.standing ?? null;
  const waiting: Roster["waiting"] = [];
  const found: string[] = [];
  const ready: string[] = [];
  for (const { slug, waitingFor } of entries) {
    const standing = standingOf(slug);
    if (at.running.has(slug)) continue;
    const isNews = at.over.get(slug) !== markOf(at.known, slug);
    if (at.atWork.has(slug) && isNews) {
      found.push(slug);
      continue;
    }
    if (standing === "delivered" || standing === "dropped") continue;
    const open = waitingFor.filter((other) => standingOf(other) !== "delivered");
    // What was begun before it had to wait is the line's to hold back.
    if (standing === "handed_over" || standing === "blocked" || open.length === 0) {
      if (isNews) ready.push(slug);
    } else waiting.push({ slug, for: open });
  }
  const isMoving = waiting.some((one) => one.for.some((slug) => standingOf(slug) === "handed_over"));
  const left = Math.max(at.free - found.length, 0);
  return { take: [...found, ...ready.slice(0, left)], waiting, isMoving };
}

/** Where an item stands, as `over` remembers it. */
export function markOf(known: ReadonlyMap<string, Known>, slug: string): string {
  return known.get(slug)?.mark ?? "";
}

/** What became of an item that had to wait to the end. */
export function waitedFor(slug: string, others: readonly string[], whyOf: (slug: string) => string): Outcome {
  const reasons = others.map((other) => `${other}, which ${whyOf(other)}`);
  const [first = slug] = others;
  return {
    kind: "waiting",
    why: `it comes after ${reasons.join(", and after ")}`,
    nextAction: `signalbox why ${first}`,
  };
}

/** The outcome with what the line has made of it since. */
export function sinceThen(
  outcome: Outcome,
  known: {
    standing: Standing;
    delivered: { merge_commit: string } | null;
    blocked: { reason: string; next_action: string; follow_up_slug: string | null } | null;
  } | null,
): Outcome {
  if (known === null || outcome.kind !== "handed_over") return outcome;
  const { standing, delivered, blocked } = known;
  if (standing === "delivered" && delivered !== null)
    return { kind: "delivered", mergeCommit: delivered.merge_commit };
  if (standing !== "blocked" || blocked === null) return outcome;
  const { reason, next_action: nextAction, follow_up_slug: followUpSlug } = blocked;
  return { kind: "blocked", reason, nextAction, followUpSlug };
}
