/**
 * Gathers what git says about candidates, outside of any callback: where their branches are, what main holds, what was
 * added since the review, what the roadmap makes them wait for.
 *
 * The remote is asked once per round, for main and all branches in question in one call; objects are fetched only where
 * an answer needs them (a branch that is not at the candidate, a review of an older commit, a main that moved). What
 * main contains is kept as main grows, so that a thousand waiting candidates cost no process each.
 */
import type { Config } from "../config.ts";
import { type LineRepository, trackingRef } from "../git/line-repository.ts";
import type { Candidate } from "./candidate.ts";
import { isCommitHere } from "./commit-here.ts";
import type { GitFacts } from "./readiness.ts";
import { uncoveredCommits } from "./review-cover.ts";
import { type Roadmap, readRoadmap, waitsFor } from "./roadmap.ts";
import type { SlugState } from "./slug-state.ts";

export const headOf = (branch: string): string => `refs/heads/${branch}`;

/** A ref of the remote and the private ref that follows it. */
export const wanted = (ref: string) => ({ ref, into: trackingRef(ref) });

/** What one question to the remote told. */
export type Look =
  | { kind: "away"; detail: string }
  | {
      kind: "seen";
      /** Main at the remote; null where it does not exist yet. */
      main: string | null;
      branches: ReadonlyMap<string, string | null>;
      roadmap: Roadmap;
      /** The merge that follows finds out by itself whether a branch's own tip is on main already. */
      mergeFollows: boolean;
    };

export type LandingLookup = (candidate: Candidate) => Promise<{ merge_commit: string } | null>;

export type FactGatherer = {
  /** Asks the remote where main and these branches are, and fetches main where it moved. */
  look(branches: readonly string[]): Promise<Look>;
  /** The look that refs fetched elsewhere amount to. */
  assume(branch: string, refs: { main: string; branch: string | null }): Promise<Look>;
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
  let ancestry: { main: string; answers: Map<string, boolean> } = { main: "", answers: new Map() };

  async function roadmapAt(main: string): Promise<Roadmap> {
    const known = roadmaps.get(main);
    if (known !== undefined) return known;
    const roadmap = await readRoadmap(line, main, config.delivery.todos);
    roadmaps.clear();
    roadmaps.set(main, roadmap);
    return roadmap;
  }

  async function look(branches: readonly string[]): Promise<Look> {
    const answer = await line.lsRemote([headOf(config.main), ...branches.map(headOf)]);
    if (answer.kind === "remote_away") return { kind: "away", detail: answer.detail };
    const main = answer.refs.get(headOf(config.main)) ?? null;
    if (main !== null && main !== fetchedMain) {
      const fetched = await line.fetch([wanted(headOf(config.main))]);
      if (fetched.kind === "remote_away") return { kind: "away", detail: fetched.detail };
      fetchedMain = main;
    }
    return {
      kind: "seen",
      main,
      branches: new Map(branches.map((branch) => [branch, answer.refs.get(headOf(branch)) ?? null])),
      roadmap: main === null ? { entries: [], delivered: new Set() } : await roadmapAt(main),
      mergeFollows: false,
    };
  }

  /** Is it in the history of main as fetched? An object we never fetched cannot be. Asked of git once per main. */
  async function onMain(sha: string, main: string | null): Promise<boolean> {
    if (main === null) return false;
    if (ancestry.main !== main) ancestry = { main, answers: new Map() };
    const known = ancestry.answers.get(sha);
    if (known !== undefined) return known;
    const answer = (await isCommitHere(line, sha)) && (await line.isAncestor(sha, main));
    ancestry.answers.set(sha, answer);
    return answer;
  }

  async function landed(
    candidate: Candidate,
    main: string | null,
    mergeFollows: boolean,
  ): Promise<GitFacts["landed"]> {
    const record = await landing(candidate);
    if (record !== null && (await onMain(record.merge_commit, main)))
      return { commit: record.merge_commit, how: "recorded" };
    if (mergeFollows || main === null || !(await onMain(candidate.sha, main))) return null;
    return { commit: (await line.broughtInBy(candidate.sha, main)) ?? main, how: "ancestor" };
  }

  async function reachable(candidate: Candidate, head: string): Promise<GitFacts["reachable"]> {
    if (head === candidate.sha) return true;
    if (!(await bring(candidate, head))) return "unknown";
    // The branch may have moved on since it was asked where it is: then the next look tells.
    if (!(await line.objects.has(head))) return "unknown";
    return (await isCommitHere(line, candidate.sha)) && line.isAncestor(candidate.sha, head);
  }

  /** Fetches the branch where `sha` is not here yet. False: the remote is away. */
  async function bring({ branch }: Candidate, sha: string): Promise<boolean> {
    if (await line.objects.has(sha)) return true;
    return (await line.fetch([wanted(headOf(branch))])).kind === "fetched";
  }

  async function review(
    candidate: Candidate,
    state: SlugState,
    main: string | null,
  ): Promise<GitFacts["review"]> {
    const reviewed = state.approval?.approvedSha ?? null;
    if (reviewed === null || reviewed === candidate.sha || main === null) return { kind: "covered" };
    await bring(candidate, candidate.sha);
    if (!(await isCommitHere(line, candidate.sha)))
      return { kind: "unknown", detail: "the candidate's commits cannot be fetched" };
    const itemFolder = `${config.delivery.todos}/${candidate.slug}/`;
    return uncoveredCommits(line, { reviewed, sha: candidate.sha, main, itemFolder });
  }

  async function policy(candidate: Candidate, state: SlugState, main: string | null): Promise<string | null> {
    const { policies } = config.approval;
    if (policies.length === 0 || state.approval !== null || main === null) return null;
    await bring(candidate, candidate.sha);
    if (!(await isCommitHere(line, candidate.sha))) return null;
    const [base] = await line.mergeBases(main, candidate.sha);
    const changed = base === undefined ? [] : await line.changedPaths(base, candidate.sha);
    if (changed.length === 0) return null;
    const allows = (paths: readonly string[]) =>
      changed.every(({ path }) => paths.some((one) => path === one || path.startsWith(`${one}/`)));
    return policies.find((one) => allows(one.paths))?.by ?? null;
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
      review: isLanded === null ? await review(candidate, state, seen.main) : { kind: "covered" },
      policy: isLanded === null ? await policy(candidate, state, seen.main) : null,
      after: waitsFor(seen.roadmap, candidate.slug),
    };
  }

  async function assume(branch: string, refs: { main: string; branch: string | null }): Promise<Look> {
    const { main } = refs;
    const roadmap = await roadmapAt(main);
    return { kind: "seen", main, branches: new Map([[branch, refs.branch]]), roadmap, mergeFollows: true };
  }

  return { look, assume, facts };
}
