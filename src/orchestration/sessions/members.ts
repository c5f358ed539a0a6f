/**
 * Pure. Which processes belong to a session, and can be proven to. A number proves nothing: pids and process groups are
 * given again. Proof is the session's id in a process' environment, or a place in the group or terminal session of its
 * keeper while exactly that keeper is there, or a parent that belongs.
 */

/** A process as the system shows it. */
export type SeenProcess = {
  pid: number;
  startTime: string;
  parent: number;
  group: number;
  /** The terminal session; null where the system does not tell. */
  session: number | null;
  /** It has ended, and only its parent has not asked yet. */
  zombie: boolean;
  /** The session named in its environment; null: none, or not readable. */
  mark: string | null;
};

export type Owner = {
  sessionId: string;
  /** Leads the group of the session's processes; null where none ever started. */
  keeper: { pid: number; startTime: string } | null;
};

/** The living processes of the session, but for its keeper and those of `spare`. */
export function membersOf(
  seen: readonly SeenProcess[],
  owner: Owner,
  spare: readonly number[] = [],
): SeenProcess[] {
  const { sessionId, keeper } = owner;
  const keeperIsThere =
    keeper !== null &&
    seen.some(({ pid, startTime }) => pid === keeper.pid && startTime === keeper.startTime);
  const leader = keeperIsThere ? keeper.pid : null;
  const isForeign = ({ mark }: SeenProcess) => mark !== null && mark !== sessionId;
  const belongs = new Set<number>();
  for (const each of seen) {
    const inGroup = leader !== null && (each.group === leader || each.session === leader);
    if (each.mark === sessionId || (inGroup && !isForeign(each))) belongs.add(each.pid);
  }
  // Children, and theirs: what changed its group and hides its environment. A session started by this one is its own.
  for (let grew = true; grew; ) {
    grew = false;
    for (const each of seen) {
      if (belongs.has(each.pid) || isForeign(each) || !belongs.has(each.parent)) continue;
      belongs.add(each.pid);
      grew = true;
    }
  }
  const left = new Set([...spare, ...(keeper === null ? [] : [keeper.pid])]);
  return seen.filter(({ pid, zombie }) => belongs.has(pid) && !zombie && (!left.has(pid) || isRecycled(pid)));

  /** The keeper's number may be another process' now, which then has its own proof. */
  function isRecycled(pid: number): boolean {
    return pid === keeper?.pid && !keeperIsThere && !spare.includes(pid);
  }
}
