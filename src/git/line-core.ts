/** What the parts of the line's repository share: its folder, its runner, its objects, its private refs. */

import type { BatchReader } from "./batch-reader.ts";
import type { ObjectStore } from "./objects.ts";
import type { Git } from "./run.ts";
import type { StatProcess } from "./stat-process.ts";

export type LineCore = {
  readonly directory: string;
  readonly git: Git;
  readonly reader: BatchReader;
  readonly objects: ObjectStore;
  readonly stats: StatProcess;
  /** The id a full private ref has now, `null` where there is none. No process. */
  resolve(ref: string): Promise<string | null>;
  /** Removes a private ref, whatever it is at. */
  dropRef(ref: string): Promise<void>;
  /** Removes private refs that keep `refs` from being created (`a` in the way of `a/b`, or the reverse). */
  dropRefsInTheWay(refs: readonly string[]): Promise<void>;
  /** Removes lock files that no process owns. */
  removeStaleLocks(): Promise<string[]>;
};
