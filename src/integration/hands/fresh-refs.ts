/**
 * Main, the lease ref and the branches as the remote has them, with their commits here: fetched in one call, unless that
 * was done a moment ago. The read-back of the push before brings the next branches along (`refs-ahead.ts`), and the
 * daemon fetches what it judges for the first time into this very repository. Nothing rests on it: whatever moved since
 * makes the push fail, and then everything is asked afresh.
 */
import { leaseRef } from "../../git/lease-ref.ts";
import { type LineRepository, trackingRef } from "../../git/line-repository.ts";
import type { Candidate } from "../candidate.ts";
import { headOf, wanted } from "../facts.ts";
import type { LeaseRefState } from "../lease.ts";
import type { RefsAhead } from "../refs-ahead.ts";

/** Full names; null: the remote has none. */
export type Refs = ReadonlyMap<string, string | null>;

export type RefsQuestion = {
  candidate: Candidate;
  /** What is known of the lease ref; nothing, where nobody means to push. */
  lease: { ref: LeaseRefState };
  /** The daemon has looked at the candidate within the last moments. */
  justJudged: boolean;
};

export async function freshRefs(
  { candidate, lease, justJudged }: RefsQuestion,
  { line, ahead, main }: { line: LineRepository; ahead: RefsAhead; main: string },
): Promise<{ kind: "fetched"; refs: Refs } | { kind: "remote_away"; detail: string }> {
  const mainRef = headOf(main);
  const names = [mainRef, headOf(candidate.branch), leaseRef];
  const areHere = async (refs: Refs) => {
    for (const sha of [refs.get(mainRef) ?? null, candidate.sha])
      if (sha === null || !(await line.objects.has(sha))) return false;
    return true;
  };
  const brought = ahead.take(names);
  if (brought !== null && (await areHere(brought))) return { kind: "fetched", refs: brought };
  const judged = justJudged ? await asJudged(candidate) : null;
  if (judged !== null && (await areHere(judged))) return { kind: "fetched", refs: judged };
  const upcoming = await ahead.upcoming();
  return line.fetch([...new Set([...names, ...upcoming])].map(wanted));

  /** As the daemon fetched them; main as this session last saw it, where that is newer. */
  async function asJudged({ branch, sha }: Candidate): Promise<Refs | null> {
    const head = headOf(branch);
    if ((await line.resolve(trackingRef(head))) !== sha) return null;
    const mainSha = await line.resolve(trackingRef(mainRef));
    return new Map([
      [mainRef, mainSha],
      [head, sha],
      [leaseRef, lease.ref.commit],
    ]);
  }
}
