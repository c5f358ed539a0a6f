/** What the line's repository asks of its remote: which refs are where, and the objects behind them. Never writes there. */

import { pause } from "../clock.ts";
import { type ConfigEntry, reachingRemotes } from "./environment.ts";
import type { LineCore } from "./line-core.ts";
import { checkFullRef, checkSha } from "./names.ts";
import { type CallOptions, type GitResult, gitFailed, lastLines } from "./run.ts";

export const remoteName = "origin";

export type RemoteAway = { kind: "remote_away"; detail: string };
/** The refs that exist, of those asked for, with their ids. */
export type LsRemoteResult = { kind: "answered"; refs: Map<string, string> } | RemoteAway;
/** `ref` is a full ref at the remote, or a bare commit id; `into` the private ref that follows it. */
export type Wanted = { ref: string; into: string };
/** By `Wanted.ref`: its id, `null` where the remote has none (the private ref is gone then, too). */
export type FetchResult = { kind: "fetched"; refs: Map<string, string | null> } | RemoteAway;

/** A fetch that does nothing but bring objects. */
export const quietFetch = [
  "--quiet",
  "--no-tags",
  "--no-write-fetch-head",
  "--no-auto-maintenance",
  "--no-recurse-submodules",
];
/**
 * For a fetch into a repository of the user's, as in ours by its configuration: what comes stays a pack, and is there
 * whole or not at all for whoever looks meanwhile.
 */
export const allAtOnce: readonly ConfigEntry[] = [["fetch.unpackLimit", "1"]];
const lockTries = 6;

/** The ids of full refs at the remote, without fetching. */
export async function lsRemote(
  line: LineCore,
  refs: readonly string[],
  options: CallOptions = {},
): Promise<LsRemoteResult> {
  for (const ref of refs) refuse(checkFullRef(ref));
  if (refs.length === 0) return { kind: "answered", refs: new Map() };
  const result = await line.git.run(["ls-remote", "--quiet", remoteName, ...refs], {
    cwd: line.directory,
    env: reachingRemotes,
    ...options,
  });
  if (result.code !== 0) return away(result, "ls-remote");
  // git matches ends of names; only exact ones were asked for.
  const exact = parseLsRemote(result.stdout.toString("utf8")).filter(([ref]) => refs.includes(ref));
  return { kind: "answered", refs: new Map(exact) };
}

/**
 * Brings refs (or bare commit ids) of the remote into private refs, in one process unless one of them is missing.
 * What the remote no longer has is `null`, and its private ref is dropped. Safe beside other fetching processes.
 */
export async function fetchRefs(
  line: LineCore,
  wanted: readonly Wanted[],
  options: CallOptions = {},
): Promise<FetchResult> {
  for (const { ref, into } of wanted) {
    refuse(checkSha(ref) === null ? null : checkFullRef(ref));
    refuse(checkFullRef(into));
  }
  if (wanted.length === 0) return { kind: "fetched", refs: new Map() };
  const first = await fetchOnce(line, wanted, options);
  if (first.code === 0) return { kind: "fetched", refs: await resolveAll(line, wanted) };
  if (first.end !== "exited" || !saysMissing(first)) return away(first, "fetch");
  return fetchWhatExists(line, wanted, options);
}

/** The lines of `git ls-remote`, as [ref, id] (pure). */
export function parseLsRemote(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (const line of text.split("\n")) {
    const match = /^([0-9a-f]{40,64})\t(.+)$/.exec(line);
    if (match !== null) pairs.push([match[2] ?? "", match[1] ?? ""]);
  }
  return pairs;
}

async function fetchWhatExists(
  line: LineCore,
  wanted: readonly Wanted[],
  options: CallOptions,
): Promise<FetchResult> {
  const named = wanted.filter(({ ref }) => checkSha(ref) !== null);
  const answer = await lsRemote(
    line,
    named.map(({ ref }) => ref),
    options,
  );
  if (answer.kind === "remote_away") return answer;
  const gone = named.filter(({ ref }) => !answer.refs.has(ref));
  const there = named.filter(({ ref }) => answer.refs.has(ref));
  for (const { into } of gone) await line.dropRef(into);
  const result = there.length === 0 ? null : await fetchOnce(line, there, options);
  // Missing once more: a ref went between the question and the fetch. The next call sees it so.
  if (result !== null && result.code !== 0) return away(result, "fetch");
  for (const bare of wanted.filter(({ ref }) => checkSha(ref) === null)) {
    const alone = await fetchOnce(line, [bare], options);
    if (alone.code === 0) continue;
    if (!saysMissing(alone)) return away(alone, "fetch");
    await line.dropRef(bare.into);
  }
  return { kind: "fetched", refs: await resolveAll(line, wanted) };
}

async function fetchOnce(
  line: LineCore,
  wanted: readonly Wanted[],
  options: CallOptions,
): Promise<GitResult> {
  // Force is for our private refs, which only mirror the remote.
  const specs = wanted.map(({ ref, into }) => `${ref}:${into}`);
  const args = ["fetch", "--force", ...quietFetch, remoteName, ...specs];
  for (let attempt = 1; ; attempt += 1) {
    const result = await line.git.run(args, { cwd: line.directory, env: reachingRemotes, ...options });
    if (result.code === 0 || result.end !== "exited" || attempt === lockTries) return result;
    if (/'[^']+' exists; cannot create '/.test(result.stderr))
      await line.dropRefsInTheWay(wanted.map(({ into }) => into));
    else if (
      /unable to create '[^']*\.lock'|cannot lock ref|unable to (?:resolve|update) /i.test(result.stderr)
    ) {
      if (attempt === lockTries - 1) await line.removeStaleLocks();
      await pause(attempt * attempt * 10 + Math.floor(Math.random() * 20), options.signal);
    } else return result;
  }
}

async function resolveAll(line: LineCore, wanted: readonly Wanted[]): Promise<Map<string, string | null>> {
  const found = await Promise.all(
    wanted.map(async ({ ref, into }) => [ref, await line.resolve(into)] as const),
  );
  return new Map(found);
}

function saysMissing(result: GitResult): boolean {
  return /couldn't find remote ref|not our ref|no such remote ref|unadvertised object/i.test(result.stderr);
}

function away(result: GitResult, verb: string): RemoteAway {
  return { kind: "remote_away", detail: lastLines(result.stderr, 3) || gitFailed([verb], result).message };
}

function refuse(wrong: string | null): void {
  if (wrong !== null) throw new TypeError(wrong);
}
