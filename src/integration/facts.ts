/**
 * Gathers what git says about candidates, outside of any callback: where their branches are, what main holds, what was
 * added since the review, what the roadmap makes them wait for.
 *
 * The remote is asked once per round, for main and all branches in question in one call; objects are fetched only where
 * an answer needs them (a branch that is not at the candidate, a review of an older commit, a main that moved). What
 * main contains is kept as main grows, so that a thousand waiting candidates cost no process each.
 */
import { type Roadmap, waitsFor } from "../books/roadmap.ts";
import type { Config } from "../config.ts";
import { isCommitHere } from "../git/commit-here.ts";
import { type LineRepository, trackingRef } from "../git/line-repository.ts";
import type { FetchResult, LsRemoteResult } from "../git/remote.ts";
import { uncoveredCommits } from "../git/review-cover.ts";
import type { Candidate } from "./candidate.ts";
import { mainHistory } from "./main-history.ts";
import type { GitFacts } from "./readiness.ts";
import { readRoadmap } from "./roadmap.ts";
import type { SlugState } from "./slug-state.ts";

export const headOf = (branch: string): string => `refs/heads/${branch}`;

/** A ref of the remote and the private ref that follows it. */
export const wanted = (ref: string) => ({ ref, into: trackingRef(ref) });

type Seen = {
  kind: "seen";
  /** Main at the remote; null where it does not exist yet. */
  main: string | null;
  branches: ReadonlyMap<string, string | null>;
  roadmap: Roadmap;
  /** The merge that follows finds out by itself whether a branch's own tip is on main already. */
  mergeFollows: boolean;
};

/** What one question to the remote told. */
export type Look = { kind: "away"; detail: string } | Seen;

export type LandingLookup = (candidate: Candidate) => Promise<{ merge_commit: string } | null>;

export type FactGatherer = {
  /**
   * Asks the remote where main and these branches are, and fetches main where it moved; brings the commits that are
   * `awaited` along.
   */
  look(branches: readonly string[], awaited: readonly string[]): Promise<Look>;
  /** The look that refs fetched elsewhere amount to. */
  assume(branch: string, refs: { main: string; branch: string | null }): Promise<Look>;
  /** Brings what the facts of these will look at, in few calls. */
  prefetch(rows: readonly { candidate: Candidate; state: SlugState }[], seen: Seen): Promise<void>;
  /** The facts of one candidate, against a look. */
  facts(candidate: Candidate, state: SlugState, look: Look): Promise<GitFacts>;
};

export function factGatherer(options: {
  line: LineRepository;
  config: Config;
  landing: LandingLookup;
}): FactGatherer {
  const { line, config, landing } = options;
  const roadmaps = new Map<string, Roadmap>();
  let fetchedMain: string | null = null;
  const policyOf = new Map<string, string | null>();
  const history = mainHistory(line);

  async function roadmapAt(main: string): Promise<Roadmap> {
    const known = roadmaps.get(main);
    if (known !== undefined) return known;
    const roadmap = await readRoadmap(line, main, config.delivery.todos);
    roadmaps.clear();
    roadmaps.set(main, roadmap);
    return roadmap;
  }

  async function look(branches: readonly string[], awaited: readonly string[]): Promise<Look> {
    const answer = await ask([...new Set([headOf(config.main), ...branches.map(headOf)])], awaited);
    if (answer.kind === "remote_away") return { kind: "away", detail: answer.detail };
    const main = answer.refs.get(headOf(config.main)) ?? null;
    // A main that our own session has just written is here already.
    if (main !== null && main !== fetchedMain && !(await line.objects.has(main))) {
      const fetched = await line.fetch([wanted(headOf(config.main))]);
      if (fetched.kind === "remote_away") return { kind: "away", detail: fetched.detail };
    }
    fetchedMain = main;
    return {
      kind: "seen",
      main,
      branches: new Map(branches.map((branch) => [branch, answer.refs.get(headOf(branch)) ?? null])),
      roadmap: main === null ? { entries: [], delivered: new Set() } : await roadmapAt(main),
      mergeFollows: false,
    };
  }

  /**
   * Where these refs are. With candidates that may be READY and are not here, in a fetch: it costs little more than the
   * question, and the integrator finds them here.
   */
  async function ask(
    refs: readonly string[],
    awaited: readonly string[],
  ): Promise<LsRemoteResult | FetchResult> {
    const mainRef = headOf(config.main);
    // Read before it is seen who is absent: all of its history is here.
    const before = await line.resolve(trackingRef(mainRef));
    const absent: string[] = [];
    for (const sha of awaited) if (!(await line.objects.has(sha))) absent.push(sha);
    if (absent.length === 0 || refs.length > fetchedAtOnce) return line.lsRemote(refs);
    const fetched = await line.fetch(refs.map(wanted));
    if (fetched.kind !== "fetched" || before === null || fetched.refs.get(mainRef) !== before) return fetched;
    for (const sha of absent) history.lacks(sha, before);
    return fetched;
  }

  async function landed(
    candidate: Candidate,
    main: string | null,
    mergeFollows: boolean,
  ): Promise<GitFacts["landed"]> {
    if (main === null) return null;
    const record = await landing(candidate);
    if (record !== null && (await history.holds(record.merge_commit, main)))
      return { commit: record.merge_commit, how: "recorded" };
    if (mergeFollows || !(await history.holds(candidate.sha, main))) return null;
    return { commit: (await line.broughtInBy(candidate.sha, main)) ?? main, how: "ancestor" };
  }

  async function reachable(candidate: Candidate, head: string): Promise<GitFacts["reachable"]> {
    if (head === candidate.sha) return true;
    if (!(await bring(candidate, head, head))) return "unknown";
    // The branch may have moved on since it was asked where it is: then the next look tells.
    if (!(await line.objects.has(head))) return "unknown";
    return (await isCommitHere(line, candidate.sha)) && line.isAncestor(candidate.sha, head);
  }

  /**
   * Fetches the branch where `sha` is not here yet. False: the remote is away. A branch that was seen to be gone is not asked
   * for again: a thousand of them would cost a process each, in every round.
   */
  async function bring({ branch }: Candidate, sha: string, head: string | null): Promise<boolean> {
    if (head === null || (await line.objects.has(sha))) return true;
    return (await line.fetch([wanted(headOf(branch))])).kind === "fetched";
  }

  async function review(
    candidate: Candidate,
    state: SlugState,
    { main, head }: { main: string | null; head: string | null },
  ): Promise<GitFacts["review"]> {
    const reviewed = state.approval?.approvedSha ?? null;
    if (reviewed === null || reviewed === candidate.sha || main === null) return { kind: "covered" };
    await bring(candidate, candidate.sha, head);
    if (!(await isCommitHere(line, candidate.sha)))
      return { kind: "unknown", detail: "the candidate's commits cannot be fetched" };
    const itemFolder = `${config.delivery.todos}/${candidate.slug}/`;
    return uncoveredCommits(line, { reviewed, sha: candidate.sha, main, itemFolder });
  }

  async function policy(
    candidate: Candidate,
    state: SlugState,
    { main, head }: { main: string | null; head: string | null },
  ): Promise<string | null> {
    const { policies } = config.approval;
    if (policies.length === 0 || state.approval !== null || main === null) return null;
    const known = policyOf.get(candidate.sha);
    if (known !== undefined) return known;
    await bring(candidate, candidate.sha, head);
    if (!(await isCommitHere(line, candidate.sha))) return null;
    const answer = await policyThatAllows(candidate, main);
    if (policyOf.size >= policiesKept) policyOf.clear();
    policyOf.set(candidate.sha, answer);
    return answer;
  }

  async function policyThatAllows(candidate: Candidate, main: string): Promise<string | null> {
    const { sha } = candidate;
    const { parents } = await line.objects.readCommit(sha);
    const [parent] = parents;
    // Asked without a process, and enough for most: the last commit alone changes something else.
    if (parents.length === 1 && parent !== undefined) {
      const last = await line.changedPaths(parent, sha);
      if (last.length > 0 && allowing(last) === null) return null;
    }
    const changed: { path: string }[] = [];
    // Held against each base: after criss-cross merges, what looks like nothing from one is a change from the other.
    for (const base of await line.mergeBases(main, sha))
      changed.push(...(await line.changedPaths(base, sha)));
    return changed.length === 0 ? null : allowing(changed);
  }

  function allowing(changed: readonly { path: string }[]): string | null {
    const allows = (paths: readonly string[]) =>
      changed.every(({ path }) => paths.some((one) => path === one || path.startsWith(`${one}/`)));
    return config.approval.policies.find((one) => allows(one.paths))?.by ?? null;
  }

  /** Branches whose objects the facts will ask for, in one call rather than one each. */
  async function prefetch(
    rows: readonly { candidate: Candidate; state: SlugState }[],
    { main, branches }: Seen,
  ): Promise<void> {
    const needed: string[] = [];
    for (const { candidate, state } of rows) {
      const { sha, branch } = candidate;
      const reviewed = state.approval?.approvedSha ?? null;
      const isAskedFor =
        state.approval === null
          ? config.approval.policies.length > 0 && !policyOf.has(sha)
          : reviewed !== null && reviewed !== sha;
      const isThere = (branches.get(branch) ?? null) !== null;
      if (isAskedFor && isThere && !(await line.objects.has(sha))) needed.push(headOf(branch));
    }
    for (let at = 0; at < needed.length; at += fetchedAtOnce)
      await line.fetch([...new Set(needed.slice(at, at + fetchedAtOnce))].map(wanted));
    if (main === null) return;
    await history.lookFor(
      rows.map(({ candidate }) => candidate.sha),
      main,
    );
  }

  async function facts(candidate: Candidate, state: SlugState, seen: Look): Promise<GitFacts> {
    if (seen.kind === "away") {
      const unknown = { kind: "unknown", detail: seen.detail } as const;
      const after = { waitingFor: [], cycle: null };
      return { branch: unknown, reachable: "unknown", landed: null, review: unknown, policy: null, after };
    }
    const head = seen.branches.get(candidate.branch) ?? null;
    const isLanded = await landed(candidate, seen.main, seen.mergeFollows && head === candidate.sha);
    return {
      branch: head === null ? { kind: "gone" } : { kind: "at", sha: head },
      reachable: head === null || isLanded !== null ? false : await reachable(candidate, head),
      landed: isLanded,
      review:
        isLanded === null ? await review(candidate, state, { main: seen.main, head }) : { kind: "covered" },
      policy: isLanded === null ? await policy(candidate, state, { main: seen.main, head }) : null,
      after: waitsFor(seen.roadmap, candidate.slug),
    };
  }

  async function assume(branch: string, refs: { main: string; branch: string | null }): Promise<Look> {
    const { main } = refs;
    const roadmap = await roadmapAt(main);
    return { kind: "seen", main, branches: new Map([[branch, refs.branch]]), roadmap, mergeFollows: true };
  }

  return { look, assume, prefetch, facts };
}

/** A candidate's changed paths do not change: its answer is kept for so many of them. */
const policiesKept = 10_000;
const fetchedAtOnce = 200;
