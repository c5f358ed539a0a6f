/**
 * Pure: what becomes of a branch that was in flight under the old way of working, on the day of the switch. Each rule is
 * careful: what the old files do not say for certain is left alone, and said to be undecided.
 */
import type { EventDraft } from "../events/atomic-write.ts";
import type { OldReading, OldState } from "./old-layout.ts";

/** One branch with an item's folder of the old layout, or a worktree without any. */
export type InFlight = {
  slug: string;
  branch: string;
  /** The branch's commit. */
  sha: string;
  /** Its worktree, where it has one. */
  place: string | null;
  /** Where the branch is at the remote now; null: nowhere. */
  remoteSha: string | null;
  /** Main's history has the branch's commit. */
  onMain: boolean;
  /** Null: there is no state file. */
  reading: OldReading | null;
  /** What is known of the commit that was reviewed, against the branch's commit. */
  review: ReviewFact;
  /** Paths that are not committed, the item's own files left out. */
  uncommitted: readonly string[];
  /** Main's roadmap lists it; main's list of what is delivered does. */
  listed: boolean;
  delivered: boolean;
  /** Signalbox has heard of the item before. */
  known: boolean;
};

export type ReviewFact =
  /** Nothing was added since that a reviewer would have to read. */
  | { kind: "covered"; sha: string }
  | { kind: "stale"; sha: string; detail: string }
  /** The state names none, or one that the branch does not have. */
  | { kind: "unknown" };

export type Fate = {
  becomes: "handed_over" | "approved" | "in_work" | "delivered" | "over" | "known" | "undecided";
  /** One sentence. */
  why: string;
  /** Who has something to do, and what; null: nobody. */
  next: string | null;
  /** What is to be said, all of it or nothing. */
  events: EventDraft[];
};

export type Teller = {
  remote: string;
  main: string;
  /** RFC 3339. */
  at: string;
};

/** Who is named where the old files name nobody. */
export const migrator = "migrate";

/** What becomes of it, with the events that make it so. */
export function fateOf(item: InFlight, teller: Teller): Fate {
  const { slug, reading } = item;
  if (item.known) return silent("known", "it is known already", null);
  if (reading === null)
    return undecided("nothing says how far it is", `To take it over: signalbox todo start ${slug}`);
  if (reading.kind === "unreadable")
    return undecided(`its state cannot be read: ${reading.why}`, "Correct the file, then migrate again.");
  if (item.delivered) {
    const left = item.place === null ? `git branch -d ${item.branch}` : `git worktree remove ${item.place}`;
    return silent("over", "it is delivered already, and only the branch is left", `To tidy up: ${left}`);
  }
  if (item.onMain) return onMain(item, reading.state, teller);
  if (isAccepted(reading.state) && item.uncommitted.length > 0)
    return undecided(
      `it is ${wordFor(reading.state)}, but ${pathsOf(item.uncommitted)} not committed`,
      "Commit what belongs to it or remove it, then migrate again.",
    );
  return notLanded(item, reading.state, teller);
}

/** Main has its commit. Half merged: it landed, and nobody wrote it down. Or nobody has committed anything yet. */
function onMain(item: InFlight, state: OldState, teller: Teller): Fate {
  const { main } = teller;
  if (isAccepted(state) || state.done) {
    const next = item.listed ? `To take it off the roadmap: signalbox roadmap drop ${item.slug}` : null;
    const events = [begun(item, teller), ...approval(item, state, teller), handOver(item, teller)];
    return { becomes: "delivered", why: `${main} has it, though nobody recorded that`, next, events };
  }
  if (state.build === "complete" || state.review !== "pending")
    return undecided(
      `${main} has its branch, but its review is ${spoken(state.review)}`,
      `Look whether it belongs there: git log ${item.branch}`,
    );
  return inWork(item, state, teller);
}

function notLanded(item: InFlight, state: OldState, teller: Teller): Fate {
  const { slug } = item;
  if (state.done)
    return undecided(`its state says done, but ${teller.main} does not have it`, `git log ${item.branch}`);
  if (state.finalize.status !== "pending" && state.review !== "approved")
    return undecided(
      `it is finalized, but its review is ${spoken(state.review)}`,
      `signalbox todo start ${slug}, then have it reviewed.`,
    );
  if (state.review !== "approved") return inWork(item, state, teller);
  const obstacle =
    state.finalize.status === "pending" ? "it is not finalized" : notReady(item, state, teller);
  if (item.review.kind === "unknown" && obstacle !== null)
    return undecided(
      "it is approved, but nothing says which commit was reviewed",
      `signalbox todo start ${slug}, then have it reviewed again.`,
    );
  const events = [begun(item, teller), ...approval(item, state, teller)];
  if (obstacle === null)
    return {
      becomes: "handed_over",
      why: "it is approved, finalized and pushed",
      next: null,
      events: [...events, handOver(item, teller)],
    };
  const next =
    item.review.kind === "stale"
      ? `signalbox todo mark-phase ${slug} review started`
      : `signalbox todo finalize ${slug} --hand-over`;
  return { becomes: "approved", why: `it is approved, but ${obstacle}`, next, events };
}

/** Why what calls itself finalized is not as it was when it was finalized; null: it is. */
function notReady(item: InFlight, { finalize }: OldState, { remote }: Teller): string | null {
  if (finalize.branch !== null && finalize.branch !== item.branch)
    return `it was finalized on the branch ${finalize.branch}`;
  if (finalize.sha !== null && !item.sha.startsWith(finalize.sha)) return "its branch moved on since then";
  if (item.remoteSha === null) return `${remote} has no branch ${item.branch}`;
  if (item.remoteSha !== item.sha) return `${remote}/${item.branch} is at another commit`;
  return item.review.kind === "stale" ? item.review.detail : null;
}

function inWork(item: InFlight, state: OldState, teller: Teller): Fate {
  const marks = marksOf(item, state, teller);
  const events = [begun(item, teller), ...marks];
  return { becomes: "in_work", why: whereIn(state), next: null, events };
}

function marksOf(item: InFlight, state: OldState, teller: Teller): EventDraft[] {
  const marked = (phase: string, status: string, round: number, more: Record<string, unknown> = {}) => ({
    type: inDomain("work.phase.marked"),
    data: { slug: item.slug, phase, status, round, by: migrator, ...more, marked_at: teller.at },
  });
  const { review, build, round, findings } = state;
  if (review === "changes_requested") {
    const named = findings.length === 0 ? "" : ` It found ${findings.join(", ")}.`;
    const text = `Of the review before the switch.${named} See review-findings.md in the item's folder.`;
    return [marked("review", review, Math.max(1, round), { findings: text })];
  }
  if (review === "started") return [marked("review", review, round + 1)];
  if (build === "complete" || build === "started") return [marked("build", build, round)];
  return [];
}

function begun({ slug, branch }: InFlight, { at }: Teller): EventDraft {
  return { type: inDomain("work.item.started"), data: { slug, branch, by: migrator, started_at: at } };
}

/** Bound to the commit that was reviewed; else, where the old record vouches for no other, to the finalized one. */
function approval(item: InFlight, state: OldState, { at }: Teller): EventDraft[] {
  if (state.review !== "approved") return [];
  const data = {
    slug: item.slug,
    review_round: Math.max(1, state.round),
    reviewer_session_id: migrator,
    approved_at: at,
    approved_sha: item.review.kind === "unknown" ? item.sha : item.review.sha,
  };
  return [{ type: inDomain("review.approved"), data }];
}

function handOver({ slug, branch, sha }: InFlight, { remote, at }: Teller): EventDraft {
  const by = { pusher: migrator, worker_session_id: migrator, orchestrator_session_id: migrator };
  const data = { slug, branch, sha, attempt: 1, remote, pushed_at: at, ...by, ready_at: at };
  return { type: inDomain("deployment.started"), data };
}

function isAccepted({ review, finalize }: OldState): boolean {
  return review === "approved" || finalize.status !== "pending";
}

function wordFor({ finalize }: OldState): string {
  return finalize.status === "pending" ? "approved" : "finalized";
}

function whereIn({ review, build }: OldState): string {
  if (review !== "pending") return `its review is ${spoken(review)}`;
  return `its build is ${spoken(build)}`;
}

function spoken(step: OldState["review"]): string {
  return step === "changes_requested" ? "asking for changes" : step;
}

function pathsOf(paths: readonly string[]): string {
  const [first = "", ...more] = paths;
  return more.length === 0 ? `${first} is` : `${first} and ${more.length} more are`;
}

function inDomain(name: string): string {
  return `domain.software-development.${name}`;
}

function silent(becomes: Fate["becomes"], why: string, next: string | null): Fate {
  return { becomes, why, next, events: [] };
}

function undecided(why: string, next: string): Fate {
  return silent("undecided", why, next);
}
