/**
 * What is in main's history, remembered: a thousand waiting candidates are asked about again whenever main moves, and cost
 * a process or two together. What is known of an older main is brought up to date when it is next asked for, not before.
 */

import { isCommitHere } from "../git/commit-here.ts";
import type { LineRepository } from "../git/line-repository.ts";

export type MainHistory = {
  /** Is this commit in the history of `main`? One that was never fetched cannot be. */
  holds(sha: string, main: string): Promise<boolean>;
  /** Finds the answers for many of `main` in one process, where they are open. */
  lookFor(shas: readonly string[], main: string): Promise<void>;
  /** Known without asking: it came only after all of `main` was here. */
  lacks(sha: string, main: string): void;
};

export function mainHistory(line: LineRepository): MainHistory {
  const answers = new Map<string, { main: string; held: boolean }>();

  async function known(sha: string, main: string): Promise<boolean | null> {
    const former = answers.get(sha)?.main;
    if (former === undefined) return null;
    if (former !== main) await bringUp(former, main);
    const answer = answers.get(sha);
    return answer?.main === main ? answer.held : null;
  }

  /** All that is known of a former main, with what came in between. */
  async function bringUp(former: string, main: string): Promise<void> {
    const grew = await line.isAncestor(former, main);
    const added = new Set(grew ? await line.commitsBetween({ from: [former], to: main }) : []);
    for (const [sha, answer] of answers) {
      if (answer.main !== former) continue;
      if (grew) answers.set(sha, { main, held: answer.held || added.has(sha) });
      else answers.delete(sha);
    }
  }

  return {
    async holds(sha, main) {
      const answer = await known(sha, main);
      if (answer !== null) return answer;
      const held = (await isCommitHere(line, sha)) && (await line.isAncestor(sha, main));
      answers.set(sha, { main, held });
      return held;
    },
    async lookFor(shas, main) {
      const open: string[] = [];
      for (const sha of new Set(shas))
        if ((await known(sha, main)) === null && (await isCommitHere(line, sha))) open.push(sha);
      if (open.length < 2) return;
      const within = await line.commitsWithin({ of: open, main });
      for (const sha of open) answers.set(sha, { main, held: within.has(sha) });
    },
    lacks(sha, main) {
      answers.set(sha, { main, held: false });
    },
  };
}
