/**
 * Handing a branch over in one step, for people without work items: push it, write down what is to be said, say it.
 *
 * Guaranteed: what is handed over is what the remote has (read back); the record is in the clone before the first event,
 * so a hand-over that could not be said is said by reconciliation, once. The remote's branch is never moved over
 * commits that this clone has not seen.
 */
import { Failure, remoteAway } from "../errors.ts";
import type { ItemRecordValue } from "../events/item-record.ts";
import type { NotificationProducer } from "../events/producer.ts";
import { pushBranch, remoteBranch } from "../git/branch-push.ts";
import { type Clone, resolveBranch } from "../git/clone.ts";
import { type ItemRecord, readItemRecord, removeItemRecord, writeItemRecord } from "../git/item-records.ts";
import type { Git } from "../git/run.ts";
import { eventsOf, type HandOver, type Known, recordOf, type Tip } from "./hand-over.ts";

export type BranchPlace = {
  /** Runs git hermetically, in the clone. */
  git: Git;
  /** Runs git as the person does, for their way to the remote. */
  userGit: Git;
  clone: Pick<Clone, "root" | "commonDir">;
  remote: string;
};

/**
 * The commit of `branch`, at the remote afterwards: pushed where it is not there, taken from there where this clone has
 * no such branch. Throws `no_such_branch` (bad input), `branch_diverged`, `push_refused` (failed), `remote_away` (temporary).
 */
export async function publish(place: BranchPlace, branch: string): Promise<string> {
  const sha = await resolveBranch(place.git, place.clone, branch);
  const there = await atRemote(place, branch);
  if (sha === null && there === null) {
    const message = `There is no branch ${branch}, neither in this clone nor at ${place.remote}.`;
    throw new Failure({ code: "no_such_branch", kind: "bad_input", message });
  }
  if (sha === null || sha === there) return there ?? failBranchGone(branch);
  if (there !== null && !(await isSeen(place, { branch, sha, there }))) throw diverged(place, branch);
  const push = { remote: place.remote, branch, sha, expected: there };
  const result = await pushBranch(place.userGit, place.clone, push);
  // Whatever the push said: what counts is where the branch is now.
  if ((await atRemote(place, branch)) === sha) return sha;
  if (result.kind === "stale") throw diverged(place, branch);
  const detail = "detail" in result ? `: ${result.detail}` : "";
  const message = `${branch} could not be pushed to ${place.remote}${detail}`;
  throw new Failure({
    code: "push_refused",
    kind: "failed",
    message,
    cure: `git push ${place.remote} ${branch}`,
  });
}

/** The commit `branch` is at in the clone, else at the remote; `null` where it is gone. Throws `remote_away`. */
export async function tipOf(place: BranchPlace, branch: string): Promise<string | null> {
  return (await resolveBranch(place.git, place.clone, branch)) ?? (await atRemote(place, branch));
}

/** Writes the record of a hand-over into the clone. Two at once: the later one stays. */
export async function record(place: BranchPlace, handOver: HandOver, known: Known): Promise<void> {
  await keepRecord(place, recordOf(handOver, known));
}

/** A record as it was written, and the one that it took the place of. */
export type KeptRecord = { id: string; before: ItemRecord | null };

/** Writes a record into the clone. Throws `record_busy` (temporary). */
export async function keepRecord(
  { git, clone }: Pick<BranchPlace, "git" | "clone">,
  value: ItemRecordValue,
): Promise<KeptRecord> {
  const { slug } = value;
  for (let tries = 0; tries < recordTriesMax; tries++) {
    const before = await readItemRecord(git, clone, slug);
    const written = await writeItemRecord(git, clone, { slug, value, expected: before?.id ?? null });
    if (written.kind === "written") return { id: written.id, before };
  }
  const message = `The record of ${slug} is being changed by somebody else all the time.`;
  throw new Failure({ code: "record_busy", kind: "temporary", message, cure: "Try again." });
}

/** Puts back what was there before a record: what is not to be said must not be said by reconciliation either. */
export async function takeBackRecord(
  { git, clone }: Pick<BranchPlace, "git" | "clone">,
  slug: string,
  { id, before }: KeptRecord,
): Promise<void> {
  if (before === null) await removeItemRecord(git, clone, slug, id);
  else await writeItemRecord(git, clone, { slug, value: before.value, expected: id });
}

const recordTriesMax = 5;

export type Emission = { type: string; streamId: string; duplicate: boolean };

/** Says what the hand-over has to say, in order; each fact once, however often it is tried. */
export async function say(
  producer: NotificationProducer,
  handOver: HandOver,
  known: Known,
): Promise<Emission[]> {
  const said: Emission[] = [];
  for (const { type, data } of eventsOf(handOver, known)) {
    const options = { correlationId: correlationOf(handOver.tip) };
    const { streamId, duplicate } = await producer.emit(`domain.software-development.${type}`, data, options);
    said.push({ type, streamId, duplicate });
  }
  return said;
}

/** What the events of one candidate's way have in common. */
export function correlationOf({ slug, sha }: Tip): string {
  return `${slug}@${sha}`;
}

/** Where the branch is at the remote now, `null`: nowhere. Throws `remote_away`. */
export async function atRemote(
  { userGit, clone, remote }: BranchPlace,
  branch: string,
): Promise<string | null> {
  const answer = await remoteBranch(userGit, clone, { remote, branch });
  if (answer.kind === "answered") return answer.sha;
  throw remoteAway(remote, answer.detail);
}

/** Is the remote's commit behind ours, or the one this clone has seen there last? Then moving it loses nothing unseen. */
async function isSeen(
  { git, clone, remote }: BranchPlace,
  tips: { branch: string; sha: string; there: string },
): Promise<boolean> {
  const { branch, sha, there } = tips;
  const cwd = clone.commonDir;
  const behind = await git.run(["merge-base", "--is-ancestor", there, sha], { cwd });
  if (behind.code === 0) return true;
  const ref = `refs/remotes/${remote}/${branch}`;
  const tracking = await git.run(["rev-parse", "--verify", "--quiet", "--end-of-options", ref], { cwd });
  return tracking.code === 0 && tracking.stdout.toString("latin1").trim() === there;
}

function diverged({ remote }: BranchPlace, branch: string): Failure {
  return new Failure({
    code: "branch_diverged",
    kind: "failed",
    message: `${remote}/${branch} has commits that this clone has not seen; nothing was pushed.`,
    cure: `git fetch ${remote}, look at them, then submit again.`,
  });
}

function failBranchGone(branch: string): never {
  throw new Error(`the remote's ${branch} vanished between two lines`);
}
