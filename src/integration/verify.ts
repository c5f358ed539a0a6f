/**
 * Proves from git alone what main is made of: every commit of its first-parent chain is a recorded landing whose tree
 * is exactly git's merge of its parents, with its declared bookkeeping on top, or it is named as foreign.
 */

import { trailerValue } from "../git/commit.ts";
import type { ChainCommit } from "../git/history.ts";
import type { LineRepository } from "../git/line-repository.ts";
import { attributesOf } from "../git/root-attributes.ts";

export type VerifiedLanding = {
  slug: string;
  sha: string;
  branch: string | null;
  delivery: string;
  merge_commit: string;
  /** The delivery commit on top, where there was bookkeeping. */
  delivery_commit: string | null;
  /** The tree that became main, and what was run on it. */
  tree: string;
  checked: string | null;
};
export type ForeignCommit = { commit: string; author: string; subject: string };
export type Mismatch = { commit: string; slug: string; why: string; checked: string; tree: string };

export type Verification = {
  from: string;
  to: string;
  landings: VerifiedLanding[];
  foreign: ForeignCommit[];
  mismatches: Mismatch[];
};

export type Folders = { todos: string; demos: string };

/**
 * Walks main from `from` (exclusive) to `to`. Reads objects; changes nothing. `signers` are the integrator's keys: from the
 * first commit on that one of them signed, a landing without is foreign.
 */
export async function verifyMain(
  line: LineRepository,
  range: { from: string; to: string },
  folders: Folders,
  signers: readonly Buffer[] = [],
): Promise<Verification> {
  const found: Verification = { ...range, landings: [], foreign: [], mismatches: [] };
  const chain = await line.firstParentChain(range.from, range.to);
  const seen = new Set<string>();
  const isSigned = async (id: string) => signers.length > 0 && (await line.objects.isSigned(id, signers));
  let mustBeSigned = await isSigned(range.from);
  for (let at = 0; at < chain.length; at++) {
    const commit = chain[at];
    if (commit === undefined) break;
    const landing = landingOf(commit);
    const signed = await isSigned(commit.id);
    mustBeSigned ||= signed;
    if (landing === null || mustBeSigned !== signed || seen.has(`${landing.slug}@${landing.sha}`)) {
      found.foreign.push(foreignOf(commit));
      continue;
    }
    seen.add(`${landing.slug}@${landing.sha}`);
    const next = chain[at + 1];
    const isDelivered = next !== undefined && isDeliveryOf(next, landing);
    const delivered = isDelivered && (!mustBeSigned || (await isSigned(next.id))) ? next : null;
    const problems = await problemsOf(line, { commit, landing, delivered }, folders);
    found.mismatches.push(...problems);
    if (delivered !== null) at++;
    if (problems.length === 0)
      found.landings.push({
        ...landing,
        delivery_commit: delivered?.id ?? null,
        tree: (delivered ?? commit).tree,
        checked: trailerValue((delivered ?? commit).trailers, "Signalbox-Checked"),
      });
  }
  return found;
}

type Claimed = Pick<VerifiedLanding, "slug" | "sha" | "branch" | "delivery" | "merge_commit">;

/** What a commit of main claims to have landed; null where it claims nothing. Pure. */
export function landingOf(commit: Pick<ChainCommit, "id" | "trailers">): Claimed | null {
  const candidate = trailerValue(commit.trailers, "Signalbox-Candidate");
  const delivery = trailerValue(commit.trailers, "Signalbox-Delivery");
  const match = candidate === null ? null : /^([a-z0-9-]{1,64})@([0-9a-f]{40}|[0-9a-f]{64})$/.exec(candidate);
  const [, slug, sha] = match ?? [];
  if (slug === undefined || sha === undefined || delivery === null) return null;
  const branch = trailerValue(commit.trailers, "Signalbox-Branch");
  return { slug, sha, branch, delivery, merge_commit: commit.id };
}

function isDeliveryOf(commit: ChainCommit, landing: Claimed): boolean {
  return (
    commit.parents.length === 1 &&
    commit.parents[0] === landing.merge_commit &&
    trailerValue(commit.trailers, "Signalbox-Candidate") === null &&
    trailerValue(commit.trailers, "Signalbox-Delivery") === landing.delivery
  );
}

async function problemsOf(
  line: LineRepository,
  { commit, landing, delivered }: { commit: ChainCommit; landing: Claimed; delivered: ChainCommit | null },
  folders: Folders,
): Promise<Mismatch[]> {
  const problems: Mismatch[] = [];
  const say = (one: ChainCommit, why: string) =>
    problems.push({
      commit: one.id,
      slug: landing.slug,
      why,
      checked: checkedTree(one) ?? "",
      tree: one.tree,
    });
  for (const one of delivered === null ? [commit] : [commit, delivered])
    if (checkedTree(one) !== one.tree) say(one, "its tree is not the one that was checked");
  const why = await mergeProblem(line, commit, landing);
  if (why !== null) say(commit, why);
  if (delivered !== null) {
    const strayed = (await line.changedPaths(commit.id, delivered.id)).find(
      ({ path }) => !path.startsWith(`${folders.todos}/`) && !path.startsWith(`${folders.demos}/`),
    );
    if (strayed !== undefined)
      say(delivered, `the delivery changes ${strayed.path}, which is no bookkeeping`);
  }
  return problems;
}

/** Is the tree what git makes of main and the candidate? */
async function mergeProblem(
  line: LineRepository,
  commit: ChainCommit,
  landing: Claimed,
): Promise<string | null> {
  const [main, second, ...more] = commit.parents;
  if (main === undefined || more.length > 0) return "it has no or too many parents";
  if (second !== undefined && second !== landing.sha) return "its second parent is not the candidate";
  // A squash has no second parent: its candidate can be compared only while its commits are still here.
  if (second === undefined && !(await line.objects.has(landing.sha))) return null;
  await line.setAttributes(await attributesOf(line, main));
  const merged = await line.mergeTrees(main, landing.sha);
  if (merged.kind !== "clean") return "its parents do not merge cleanly";
  return merged.tree === commit.tree ? null : "its tree is not git's merge of its parents";
}

function checkedTree(commit: ChainCommit): string | null {
  return trailerValue(commit.trailers, "Signalbox-Checked")?.split(" ")[0] ?? null;
}

function foreignOf({ id, author, subject }: ChainCommit): ForeignCommit {
  return { commit: id, author: `${author.name} <${author.email}>`, subject };
}
