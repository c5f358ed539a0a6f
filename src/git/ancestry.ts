/** Questions about how a commit came into another one's history. */

import type { LineCore } from "./line-core.ts";
import { checkSha } from "./names.ts";

/** Which of these commits are in `main`'s history. One process, however many they are. */
export async function commitsWithin(
  line: LineCore,
  { of, main }: { of: readonly string[]; main: string },
): Promise<Set<string>> {
  const stdin = `${[...of.map(idOf), `^${idOf(main)}`].join("\n")}\n`;
  const outside = idsIn(await line.git.must(["rev-list", "--stdin"], { cwd: line.directory, stdin }));
  const missing = new Set(outside);
  return new Set(of.filter((id) => !missing.has(id)));
}

/** Commits of `to` that none of `from` has, oldest first. One process. */
export async function commitsBetween(
  line: LineCore,
  { from, to }: { from: readonly string[]; to: string },
): Promise<string[]> {
  const args = ["rev-list", "--topo-order", "--reverse", idOf(to), ...from.map((id) => `^${idOf(id)}`), "--"];
  return idsIn(await line.git.must(args, { cwd: line.directory }));
}

/**
 * The commit of `main`'s first-parent chain that brought `sha` in: itself where it is on the chain, else the merge.
 * `null` where main does not have it. Searched by halves: a handful of processes, whatever the length of the chain.
 */
export async function broughtInBy(
  line: LineCore,
  {
    sha,
    main,
    isAncestor,
  }: { sha: string; main: string; isAncestor(a: string, b: string): Promise<boolean> },
): Promise<string | null> {
  if (!(await isAncestor(sha, main))) return null;
  const args = ["rev-list", "--first-parent", "--reverse", idOf(main), `^${idOf(sha)}`, "--"];
  const chain = idsIn(await line.git.must(args, { cwd: line.directory }));
  let low = 0;
  let high = chain.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (await isAncestor(sha, chain[middle] ?? main)) high = middle;
    else low = middle + 1;
  }
  const first = chain[low];
  if (first === undefined) return sha;
  const [parent] = (await line.objects.readCommit(first)).parents;
  return parent === sha ? sha : first;
}

/** The newest commits (at most `limit`) of `to` without `from` that changed exactly this path. */
export async function commitsTouching(
  line: LineCore,
  path: string,
  { from, to, limit }: { from: string; to: string; limit: number },
): Promise<string[]> {
  const args = [
    "--literal-pathspecs",
    "rev-list",
    `--max-count=${limit}`,
    idOf(to),
    `^${idOf(from)}`,
    "--",
    path,
  ];
  return idsIn(await line.git.must(args, { cwd: line.directory, accept: [128] }));
}

function idsIn({ stdout }: { stdout: Buffer }): string[] {
  return stdout
    .toString("latin1")
    .split("\n")
    .filter((id) => id !== "");
}

function idOf(id: string): string {
  const wrong = checkSha(id);
  if (wrong !== null) throw new TypeError(wrong);
  return id;
}
