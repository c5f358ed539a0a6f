/** A way of landing branches that ours is compared with. */
import type { Candidate } from "../ground/generated-repository.ts";

export type Way = {
  /** Lands one branch; the merge's tree. Throws where it conflicts. */
  land(candidate: Candidate): Promise<{ mergeTree: string }>;
};

/** What a way needs of the place it is measured in. */
export type Ground = {
  env: Record<string, string>;
  /** Runs git in a folder and gives what it printed; throws where it fails. */
  git(cwd: string, args: readonly string[]): Promise<string>;
};

/** Where a way works, and what it lands on. */
export type Site = { directory: string; remote: string };
