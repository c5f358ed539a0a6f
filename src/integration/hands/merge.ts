/**
 * Answers for `picked`: makes the exact commits that are to become main, as objects, without a checkout.
 *
 * Everything is asked afresh: main, the lease ref and the branch are fetched (`fresh-refs.ts`), readiness is judged
 * again, and a candidate that is on main already is said to be. The pinned sha is merged, never a branch name; git's exit
 * status decides. On top of the merge comes the delivery commit with the bookkeeping, in the same push, so that main
 * never holds one without the other.
 */
import { wallMs } from "../../clock.ts";
import type { Config } from "../../config.ts";
import { describeError } from "../../errors.ts";
import { leaseRef } from "../../git/lease-ref.ts";
import type { LineRepository } from "../../git/line-repository.ts";
import { attributesOf } from "../../git/root-attributes.ts";
import type { SigningKey } from "../../git/ssh-signature.ts";
import { inSpan, noTraces, type Traces } from "../../telemetry/traces.ts";
import { type Candidate, candidateKey } from "../candidate.ts";
import { type Delivery, type Follower, lastTip, type Outcome, type Taken } from "../delivery.ts";
import { headOf } from "../facts.ts";
import { LeaseLost, type LeaseRefState } from "../lease.ts";
import type { QueueItem } from "../queue.ts";
import { ownLanding, queuedSinceMs, recheck } from "../queue.ts";
import type { RefsAhead } from "../refs-ahead.ts";
import type { SessionLog } from "../session-ports.ts";
import type { Judged } from "../trigger.ts";
import { isWorldAway } from "../world-away.ts";
import { broughtBy } from "./brought.ts";
import { buildCommits } from "./commits.ts";
import { conflictEvidence } from "./evidence.ts";
import { freshRefs, type Refs } from "./fresh-refs.ts";
import { landingProblem } from "./limits.ts";
import { keptName } from "./tidy.ts";

export type MergeOptions = {
  line: LineRepository;
  config: Config;
  /** Judges one candidate against main and its branch as they were just fetched. */
  judge(candidate: Candidate, refs: { main: string; branch: string | null }): Promise<Judged | null>;
  item(candidate: Candidate): Promise<QueueItem | null>;
  ahead: RefsAhead;
  log: Pick<SessionLog, "warn">;
  /** Signs what becomes main, where the integrator has a key. */
  signingKey?: () => Promise<SigningKey | null>;
  /** The landing that a trailer on main's first-parent chain records, if one does. */
  recorded(candidate: Candidate, main: string): Promise<string | null>;
  /** The next that may be taken, in their order. */
  next(count: number): Promise<QueueItem[]>;
  /** Default: none. */
  traces?: Traces;
};

/** A candidate that was queued so short a time ago was looked at then, ms. */
const justJudgedMs = 2000;

/** Merges the candidate, and up to `room` followers on top of it. */
export async function mergeCandidate(
  delivery: Extract<Delivery, { phase: "picked" }>,
  { lease, room, isFirst }: { lease: { ref: LeaseRefState }; room: number; isFirst: boolean },
  options: MergeOptions,
): Promise<Outcome> {
  const { config, line, ahead } = options;
  const { candidate, startedAtMs } = delivery;
  const item = await options.item(candidate);
  const upcoming = room > 0 ? await options.next(room) : [];
  // Where others wait, one fetch for all is worth more than none for this one.
  const justJudged = isFirst && upcoming.length === 0 && item !== null && isWithin(item, startedAtMs);
  const { traces = noTraces } = options;
  const fetched = await inSpan(traces, { name: "fetch" }, () =>
    freshRefs({ candidate, lease, justJudged }, { line, ahead, main: config.main }),
  );
  if (fetched.kind === "remote_away") return fetched;
  const main = fetched.refs.get(headOf(config.main)) ?? null;
  if (main === null) return { kind: "remote_away", detail: `the remote has no branch ${config.main}` };
  if (lease.ref.commit !== null && fetched.refs.get(leaseRef) !== lease.ref.commit)
    throw new LeaseLost("the remote's lease ref was moved by another session");

  const reviewer = item?.reviewer ?? null;
  const behind: QueueItem[] = [];
  for (const one of upcoming) {
    if (!fetched.refs.has(headOf(one.branch)) || !(await line.objects.has(one.sha))) break;
    behind.push(one);
  }
  const all = [candidate, ...behind];
  const brought = broughtBy(line, { main, shas: all.map(({ sha }) => sha), bytes: config.limits.bytes });
  const standing = standings(all, { main, refs: fetched.refs }, options);
  const outcome = await mergeOnto({ taken: delivery, reviewer }, { base: main, brought, standing }, options);
  if (outcome.kind !== "merged") {
    // What was merged before main or a branch moved is not going to land.
    if (!isFirst) await line.drop(keptName(delivery.deliveryId));
    return outcome;
  }
  const ground = { base: outcome.merge.tip, brought, standing };
  const followers = await mergeFollowers(behind, ground, options);
  await options.line.keep(keptName(delivery.deliveryId), lastTip({ merge: outcome.merge, followers }));
  return { ...outcome, followers };
}

/**
 * The next candidates on top of a merge, up to the first whose way is any other than that it lands: that one gets its
 * turn, and its outcome, when those before it are on main.
 */
async function mergeFollowers(
  behind: readonly QueueItem[],
  ground: Ground,
  options: MergeOptions,
): Promise<Follower[]> {
  const { log } = options;
  const followers: Follower[] = [];
  let { base } = ground;
  for (const { slug, branch, sha, deliveryId, attempt, reviewer, trace } of behind) {
    const candidate = { slug, branch, sha };
    const own = { candidate, deliveryId, attempt, startedAtMs: wallMs() };
    const taken: Taken = trace === undefined ? own : { ...own, trace };
    try {
      const outcome = await mergeOnto({ taken, reviewer }, { ...ground, base }, options);
      if (outcome.kind !== "merged") break;
      followers.push({ ...taken, merge: outcome.merge });
      base = outcome.merge.tip;
    } catch (error) {
      if (isWorldAway(error)) throw error;
      log.warn(
        { ...candidate, detail: describeError(error) },
        "It cannot follow; it waits for its own turn.",
      );
      break;
    }
  }
  return followers;
}

/** The daemon has looked at it within the last moments: it queued it. */
function isWithin(item: QueueItem, atMs: number): boolean {
  const sinceMs = atMs - queuedSinceMs(item);
  return sinceMs >= 0 && sinceMs <= justJudgedMs;
}

type Reviewed = { taken: Taken; reviewer: string | null };

/** How a candidate stands with main as the remote has it. */
type Standing = { settled: Outcome | null; known: boolean; atTip: boolean };

type Ground = {
  /** What is merged with: main, or what main will be by then. */
  base: string;
  standing: (candidate: Candidate) => Promise<Standing>;
  brought: ReturnType<typeof broughtBy>;
};

/** Judges all of them at the same time: each is asked for when its turn comes. */
function standings(
  candidates: readonly Candidate[],
  { main, refs }: { main: string; refs: Refs },
  options: MergeOptions,
): Ground["standing"] {
  async function look(candidate: Candidate): Promise<Standing> {
    const branch = refs.get(headOf(candidate.branch)) ?? null;
    const [commit, judged] = await Promise.all([
      options.recorded(candidate, main),
      options.judge(candidate, { main, branch }),
    ]);
    const recorded: Outcome | null =
      commit === null ? null : { kind: "already_on_main", commit, mainSha: main, how: "recorded" };
    const settled = recorded ?? (judged === null ? null : settledOutcome(judged, main));
    return { settled, known: judged !== null, atTip: branch === candidate.sha };
  }
  const looks = new Map(candidates.map((one) => [candidateKey(one), look(one)]));
  // Whoever asks hears of what went wrong; nobody may.
  for (const each of looks.values()) each.catch(() => {});
  return (candidate) => looks.get(candidateKey(candidate)) ?? look(candidate);
}

/** One candidate's commits on top of `base`, or why there are none. */
async function mergeOnto(what: Reviewed, ground: Ground, options: MergeOptions): Promise<Outcome> {
  const standing = await ground.standing(what.taken.candidate);
  return standing.settled ?? merge(what, ground, { ...options, ...standing });
}

/** What the fresh judgement says, if it says that there is nothing to merge. */
function settledOutcome({ judgement, facts }: Judged, main: string): Outcome | null {
  const landed = ownLanding(judgement, facts.landed);
  if (landed !== null) return { kind: "already_on_main", mainSha: main, ...landed };
  if (judgement.supersededBy !== null) return { kind: "superseded", by: judgement.supersededBy };
  const decision = recheck(judgement);
  if (decision.kind !== "blocked")
    return facts.reachable === "unknown"
      ? { kind: "remote_away", detail: "the branch could not be fetched" }
      : null;
  const { reason, detail } = decision;
  return { kind: "blocked", reason, detail, evidence: { conflicts: [], diagnostics: [detail] } };
}

async function merge(
  { taken, reviewer }: Reviewed,
  { base: main, brought }: Ground,
  options: MergeOptions & { known: boolean; atTip: boolean },
): Promise<Outcome> {
  const { line, config, atTip } = options;
  const { candidate } = taken;
  if (!(await line.objects.has(candidate.sha))) {
    const detail = `the commit ${candidate.sha} is not at the remote any more`;
    return {
      kind: "blocked",
      reason: "not_reachable",
      detail,
      evidence: { conflicts: [], diagnostics: [detail] },
    };
  }
  await line.setAttributes(await attributesOf(line, main));
  const { traces = noTraces } = options;
  const [merged, mainCommit, { counted, commits: own }] = await Promise.all([
    inSpan(traces, { name: "merge trees", attributes: { "signalbox.slug": candidate.slug } }, () =>
      line.mergeTrees(main, candidate.sha),
    ),
    line.objects.readCommit(main),
    brought(candidate.sha, main),
  ]);
  if (counted.objects === 0) {
    const commit = (await line.broughtInBy(candidate.sha, main)) ?? main;
    return { kind: "already_on_main", commit, mainSha: main, how: "ancestor" };
  }
  if (!options.known) return nothingKnown(candidate);
  switch (merged.kind) {
    case "unrelated": {
      const detail = `${candidate.branch} and ${config.main} have no commit in common`;
      const evidence = { conflicts: [], diagnostics: [detail] };
      return { kind: "blocked", reason: "unrelated_history", detail, evidence };
    }
    case "conflicted": {
      const evidence = await conflictEvidence(line, merged.conflicts, { main, sha: candidate.sha });
      const paths = merged.conflicts.map((conflict) => conflict.path);
      const detail = `${candidate.branch} conflicts with ${config.main} in ${listed(paths)}`;
      return { kind: "blocked", reason: "conflict", detail, evidence };
    }
    case "clean":
      break;
    default:
      return merged satisfies never;
  }
  if (merged.tree === mainCommit.tree)
    return { kind: "already_on_main", commit: main, mainSha: main, how: "content" };
  const problem = await landingProblem(line, { main, tree: merged.tree, brought: counted }, config.limits);
  if (problem !== null) return problem;
  const material = { taken, main, tree: merged.tree, reviewer, own };
  const commits = await buildCommits(material, {
    line,
    config,
    signingKey: (await options.signingKey?.()) ?? null,
    traces,
  });
  return { kind: "merged", merge: { oldMain: main, ...commits, atTip }, followers: [] };
}

/** No event says that it may land: it was queued by a log that is gone, or its slug has moved on fifty times since. */
function nothingKnown({ slug, sha }: Candidate): Outcome {
  const detail = `nothing is known of ${slug} at ${sha}: neither a review nor that it was finalized`;
  return {
    kind: "blocked",
    reason: "internal",
    detail,
    evidence: { conflicts: [], diagnostics: [detail] },
  };
}

function listed(paths: readonly string[]): string {
  const unique = [...new Set(paths)];
  const shown = unique.slice(0, 5).join(", ");
  return unique.length > 5 ? `${shown} and ${unique.length - 5} more` : shown;
}
