/**
 * What the line decided in shadow, held against what became of it on main. A decision is about main as it was then; what
 * counts is what the integrator would have made at the very place where others landed the candidate, so their merge is
 * judged like any other of history.
 */
import type { LineRepository } from "../git/line-repository.ts";
import type { HistoricMerge } from "../git/replay.ts";
import type { Verdict } from "./parity.ts";

/** A decision, as the line's records have it. */
export type ShadowedCandidate = {
  candidate: { slug: string; branch: string; sha: string };
  /** Main as it was then. */
  main: string;
  outcome: string;
  /** Why it would have been blocked. */
  reason: string | null;
  tree: string | null;
};

export type ShadowDifference = { slug: string; sha: string; commit: string; why: string };

export type ShadowComparison = {
  decided: number;
  /** Others have landed it, and the line would have done the same. */
  agreed: number;
  differs: ShadowDifference[];
  /** Not on main so far. */
  waiting: number;
};

export type ShadowGround = {
  line: LineRepository;
  tip: string;
  /** What is to be said of a merge in history. */
  verdictOf(merge: HistoricMerge): Promise<Verdict | null>;
};

/** Compares each decision once. Reads objects only. */
export async function compareShadow(
  shadowed: readonly ShadowedCandidate[],
  ground: ShadowGround,
): Promise<ShadowComparison> {
  const comparison: ShadowComparison = { decided: shadowed.length, agreed: 0, differs: [], waiting: 0 };
  for (const one of shadowed) {
    const landed = await landingOf(one, ground);
    if (landed === null) comparison.waiting++;
    else if (landed.why === null) comparison.agreed++;
    else {
      const { slug, sha } = one.candidate;
      comparison.differs.push({ slug, sha, commit: landed.commit, why: landed.why });
    }
  }
  return comparison;
}

/** `why`: null where the line would have done the same. */
type Landed = { commit: string; why: string | null };

async function landingOf(one: ShadowedCandidate, ground: ShadowGround): Promise<Landed | null> {
  const { line, tip } = ground;
  const { sha } = one.candidate;
  if (!(await line.objects.has(sha)) || !(await line.isAncestor(sha, tip))) return squashOf(one, ground);
  const commit = await line.broughtInBy(sha, tip);
  if (commit === null) return null;
  const { tree, parents } = await line.objects.readCommit(commit);
  if (parents.length < 2) {
    const isSame = one.tree === tree || one.tree === (await line.objects.readCommit(sha)).tree;
    return { commit, why: isSame ? null : "main was moved to the branch itself, and the line merges" };
  }
  if (!parents.slice(1).includes(sha)) return { commit, why: "it came to main as a part of another branch" };
  const verdict = await ground.verdictOf({ id: commit, tree, parents: [...parents] });
  return { commit, why: whyOtherwise(one, verdict) };
}

function whyOtherwise({ outcome, reason }: ShadowedCandidate, verdict: Verdict | null): string | null {
  if (verdict === null) return "its merge could not be judged";
  if (verdict.kind === "differs") return verdict.why;
  if (verdict.kind === "both_conflict") return null;
  return outcome === "would_block" && reason !== "conflict"
    ? `the line would have blocked it: ${reason ?? "unknown"}`
    : null;
}

/** Somebody landed it as one commit: known by its tree, on the very main that was decided about. */
async function squashOf(
  { main, tree }: ShadowedCandidate,
  { line, tip }: ShadowGround,
): Promise<Landed | null> {
  if (tree === null || !(await line.objects.has(main)) || !(await line.isAncestor(main, tip))) return null;
  const [next] = await line.firstParentChain(main, tip);
  return next?.tree === tree ? { commit: next.id, why: null } : null;
}
