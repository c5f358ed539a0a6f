/**
 * The integrator's own bare repository: the one place where candidates become main. Workers cannot write it; git runs in
 * it hermetically; reading objects and writing commits cost no process. Several processes may have it open at once.
 */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { broughtInBy, commitsBetween, commitsTouching, commitsWithin } from "./ancestry.ts";
import { safeAttributes } from "./attributes.ts";
import { openBatchReader } from "./batch-reader.ts";
import { removeEmptyObjects } from "./broken-objects.ts";
import {
  type ChangedPath,
  changedPaths,
  type DiffStat,
  diffStat,
  type FileStat,
  fileStats,
  statFlags,
} from "./changes.ts";
import type { Commit } from "./commit.ts";
import {
  type Authorship,
  authorsOf,
  type ChainCommit,
  commitsAmong,
  firstParentChain,
  isAncestor,
  isFirstParentAncestor,
  mergeBases,
  type NewObjects,
  newObjects,
} from "./history.ts";
import type { LineCore } from "./line-core.ts";
import { type LineSetup, setUpLine, writeIfDifferent } from "./line-setup.ts";
import { removeStaleLocks } from "./locks.ts";
import { type ConflictSides, conflictSides, type MergeResult, mergeTrees } from "./merge.ts";
import type { Conflict } from "./merge-report.ts";
import { type GatheredObjects, type ObjectFormat, type ObjectStore, openObjectStore } from "./objects.ts";
import { openPrivateRefs } from "./private-refs.ts";
import { type PushRequest, pushRefs } from "./push.ts";
import type { PushResult } from "./push-report.ts";
import { type FetchResult, fetchRefs, type LsRemoteResult, lsRemote, type Wanted } from "./remote.ts";
import { remoteMark } from "./remote-mark.ts";
import type { CallOptions } from "./run.ts";
import { openStatProcess } from "./stat-process.ts";
import { trackingRef } from "./tracking-ref.ts";

export type LineRepository = {
  readonly directory: string;
  readonly format: ObjectFormat;
  readonly objects: ObjectStore & { gather(): GatheredObjects };

  /** The ids of exact, full refs at the remote; those it does not have are not in the map. */
  lsRemote(refs: readonly string[], options?: CallOptions): Promise<LsRemoteResult>;
  /** Another text whenever this ref of the remote has moved; null where only asking tells. No process. */
  remoteMark(ref: string): Promise<string | null>;
  /** Brings refs or bare commit ids into private refs (`trackingRef`); `null` for what the remote does not have. */
  fetch(wanted: readonly Wanted[], options?: CallOptions): Promise<FetchResult>;
  /** One atomic push with an expected old value for every ref. `unknown` means: look at the remote. */
  push(request: PushRequest): Promise<PushResult>;

  isAncestor(a: string, b: string): Promise<boolean>;
  isFirstParentAncestor(old: string, tip: string): Promise<boolean>;
  mergeBases(a: string, b: string): Promise<string[]>;
  /** Main's own commits after `from` up to `to`, oldest first. */
  firstParentChain(from: string | null, to: string): Promise<ChainCommit[]>;
  changedPaths(a: string, b: string, limit?: number): Promise<ChangedPath[]>;
  diffStat(a: string, b: string): Promise<DiffStat>;
  fileStats(a: string, b: string): Promise<FileStat[]>;
  /** Commits of `to` that `from` has not, and their authors. */
  authorsOf(from: string, to: string): Promise<Authorship>;
  /** What `shas` bring in over `base`, together. */
  newObjects(
    base: string,
    shas: readonly string[],
    limit: { objects: number; bytes: number },
  ): Promise<NewObjects>;
  /** The commits reachable from `sha` by way of these alone. */
  commitsAmong(sha: string, among: ReadonlySet<string>): Promise<Commit[]>;
  /** Which of these commits are in the history of `main`. */
  commitsWithin(question: { of: readonly string[]; main: string }): Promise<Set<string>>;
  /** Commits of `to` that none of `from` has, oldest first. */
  commitsBetween(range: { from: readonly string[]; to: string }): Promise<string[]>;
  /** The first-parent commit of `main` that brought `sha` in, `null` where it is not there. */
  broughtInBy(sha: string, main: string): Promise<string | null>;
  /** The newest commits of `to` without `from` that changed this path. */
  commitsTouching(path: string, range: { from: string; to: string; limit: number }): Promise<string[]>;

  mergeTrees(ours: string, theirs: string, options?: CallOptions): Promise<MergeResult>;
  conflictSides(conflict: Conflict, limitBytes: number): Promise<ConflictSides>;
  /** Takes over the text of main's `.gitattributes` (`null`: it has none), built-in merge drivers only. */
  setAttributes(text: string | null): Promise<void>;

  /** Keeps a commit from being collected, under a name of one part (`delivery-<id>`), until it is dropped. */
  keep(name: string, sha: string): Promise<void>;
  drop(name: string): Promise<void>;
  /** Drops the private ref that follows a ref of the remote. */
  forget(ref: string): Promise<void>;
  kept(): Promise<Map<string, string>>;
  /** Notes where a ref of the remote is, as was just seen there. */
  track(ref: string, sha: string): Promise<void>;
  /** The id of a private ref now, `null` where there is none. */
  resolve(ref: string): Promise<string | null>;

  /**
   * Takes away what a power cut left of objects, and then every private ref: what they held may be incomplete, and is
   * brought or made again. The ids of what was broken. For the start.
   */
  mend(): Promise<string[]>;
  /** Puts the many small packs that fetches leave together, where there are many. Cheap, and safe at any time. */
  gatherPacks(options?: CallOptions): Promise<void>;
  /** Packs what has gathered. For quiet times: what no private ref holds and is two weeks old goes. */
  maintain(options?: CallOptions): Promise<void>;
  removeStaleLocks(): Promise<string[]>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const privatePrefix = "refs/signalbox";
const keptPrefix = `${privatePrefix}/kept`;
/** Every git process opens them all: a thousand make each of them eight times slower to start. */
const packsAtMost = 40;

export { trackingRef };

/**
 * Opens the line's repository, making it where it is missing and bringing its configuration (and the remote's URL) back
 * to what it must be. Throws Failure `bad_remote_url`, or `remote_away` when it is made while the remote is away.
 */
export async function openLineRepository(setup: LineSetup): Promise<LineRepository> {
  const format = await setUpLine(setup);
  const { directory, git } = setup;
  await removeStaleLocks(directory);
  const reader = openBatchReader({ git, directory });
  const objects = openObjectStore({ directory, format, reader });
  const refs = openPrivateRefs({ directory, git, reader });
  const stats = openStatProcess({ git, directory, flags: statFlags });
  const line: LineCore = {
    directory,
    git,
    reader,
    objects,
    stats,
    resolve: refs.resolve,
    dropRef: refs.drop,
    dropRefsInTheWay: refs.dropInTheWay,
    removeStaleLocks: () => removeStaleLocks(directory),
  };
  const attributesPath = join(directory, "info", "attributes");
  const close = async () => {
    await Promise.all([reader.close(), stats.close()]);
  };
  return {
    directory,
    format,
    objects,
    lsRemote: (names, options) => lsRemote(line, names, options),
    remoteMark: (ref) => remoteMark(setup.remoteUrl, ref),
    fetch: (wanted, options) => fetchRefs(line, wanted, options),
    push: (request) => pushRefs(line, request),
    isAncestor: (a, b) => isAncestor(line, a, b),
    isFirstParentAncestor: (old, tip) => isFirstParentAncestor(line, old, tip),
    mergeBases: (a, b) => mergeBases(line, a, b),
    firstParentChain: (from, to) => firstParentChain(line, from, to),
    changedPaths: (a, b, limit) => changedPaths(line, a, b, limit),
    diffStat: (a, b) => diffStat(line, a, b),
    fileStats: (a, b) => fileStats(line, a, b),
    authorsOf: (from, to) => authorsOf(line, from, to),
    newObjects: (base, shas, limit) => newObjects(line, base, shas, limit),
    commitsAmong: (sha, among) => commitsAmong(line, sha, among),
    commitsWithin: (question) => commitsWithin(line, question),
    commitsBetween: (range) => commitsBetween(line, range),
    broughtInBy: (sha, main) =>
      broughtInBy(line, { sha, main, isAncestor: (a, b) => isAncestor(line, a, b) }),
    commitsTouching: (path, range) => commitsTouching(line, path, range),
    mergeTrees: (ours, theirs, options) => mergeTrees(line, ours, theirs, options),
    conflictSides: (conflict, limitBytes) => conflictSides(line, conflict, limitBytes),
    setAttributes: async (text) => {
      const wanted = safeAttributes(text ?? "");
      const before = await readFile(attributesPath, "utf8").catch(() => "");
      if (before === wanted) return;
      await writeIfDifferent(attributesPath, wanted);
      await stats.close();
    },
    keep: async (name, sha) => refs.set(keptRef(name), sha),
    drop: async (name) => refs.drop(keptRef(name)),
    forget: (ref) => refs.drop(trackingRef(ref)),
    track: async (ref, sha) => refs.set(trackingRef(ref), sha),
    kept: () => refs.list(keptPrefix),
    resolve: refs.resolve,
    mend: async () => {
      const broken = await removeEmptyObjects(directory);
      if (broken.length > 0)
        for (const name of (await refs.list(privatePrefix)).keys())
          await refs.drop(`${privatePrefix}/${name}`);
      await reader.close();
      return broken;
    },
    gatherPacks: async (options) => {
      const names = await readdir(join(directory, "objects", "pack"));
      if (names.filter((name) => name.endsWith(".pack")).length <= packsAtMost) return;
      // Only as many as make the next larger one: the history is not packed anew.
      await git.must(["repack", "-d", "--quiet", "--geometric=2"], {
        cwd: directory,
        deadlineMs: 600_000,
        ...options,
      });
    },
    maintain: async (options) => {
      const config = [
        ["gc.auto", "2000"],
        ["gc.autoDetach", "false"],
        // The history is not packed anew for the sake of what the day brought.
        ["gc.bigPackThreshold", "256m"],
      ] as const;
      await git.must(["gc", "--auto", "--quiet"], {
        cwd: directory,
        deadlineMs: 600_000,
        ...options,
        config,
      });
    },
    removeStaleLocks: () => removeStaleLocks(directory),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function keptRef(name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9@._-]{0,199}$/.test(name))
    throw new TypeError(`not a name for a kept commit: ${name}`);
  return `${keptPrefix}/${name}`;
}
