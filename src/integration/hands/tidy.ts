/**
 * Cleans up after a landing, with proof: only what is exactly at the candidate's commit goes, and what is gone already
 * is gone. Nothing here can fail a landing: what was kept, and why, is said in the notes.
 */
import type { Config } from "../../config.ts";
import type { Clone } from "../../git/clone.ts";
import { readItemRecord, removeItemRecord } from "../../git/item-records.ts";
import type { LineRepository } from "../../git/line-repository.ts";
import { deleteLocalBranch, fastForwardLocalMain } from "../../git/local-branches.ts";
import type { Git } from "../../git/run.ts";
import { removeWorktree, worktrees } from "../../git/worktrees.ts";
import type { Delivery, Outcome, TidyNotes } from "../delivery.ts";
import { headOf } from "../facts.ts";

export type TidyOptions = {
  line: LineRepository;
  git: Git;
  /** The user's clone: changed here, and nowhere else. */
  clone: Pick<Clone, "commonDir">;
  config: Config;
};

/** Answers for `pushed`. */
export async function tidy(
  delivery: Extract<Delivery, { phase: "pushed" }>,
  options: TidyOptions,
): Promise<Outcome> {
  const { line, config } = options;
  const { candidate } = delivery;
  const notes: TidyNotes = { done: [], kept: [] };
  const branch = candidate.branch;
  if (config.delivery.deleteBranch) {
    const answer = await line.push({
      updates: [{ ref: headOf(branch), old: candidate.sha, new: null }],
    });
    if (answer.kind === "pushed") notes.done.push(`deleted ${config.remote}/${branch}`);
    else await noteKeptBranch(options, delivery, notes);
  }
  await tidyClone(delivery, options, notes);
  await line.forget(headOf(branch));
  await line.drop(keptName(delivery.deliveryId));
  return { kind: "tidied", tidy: notes };
}

/** The name under which a delivery's commits are kept until it ends. */
export function keptName(deliveryId: string): string {
  return `delivery-${deliveryId}`;
}

async function noteKeptBranch(
  { line, config }: TidyOptions,
  { candidate }: Delivery,
  notes: TidyNotes,
): Promise<void> {
  const name = `${config.remote}/${candidate.branch}`;
  const seen = await line.lsRemote([headOf(candidate.branch)]);
  if (seen.kind === "remote_away") {
    notes.kept.push(`${name}: the remote could not be asked (${seen.detail})`);
    return;
  }
  const at = seen.refs.get(headOf(candidate.branch));
  if (at === undefined) notes.done.push(`${name} was gone already`);
  else if (at === candidate.sha) notes.kept.push(`${name}: the remote refused to delete it`);
  else notes.kept.push(`${name}: it has moved on to ${at.slice(0, 7)}`);
}

async function tidyClone(
  { candidate, mainSha }: Extract<Delivery, { phase: "pushed" }>,
  { git, clone, config, line }: TidyOptions,
  notes: TidyNotes,
): Promise<void> {
  const { branch, sha } = candidate;
  if (config.delivery.removeWorktree)
    for (const { path } of (await worktrees(git, clone)).filter((each) => each.branch === branch)) {
      const removal = await removeWorktree(git, clone, { path, sha });
      note(notes, `the worktree ${path}`, removal);
    }
  if (config.delivery.deleteBranch)
    note(notes, `the local branch ${branch}`, await deleteLocalBranch(git, clone, branch, sha));
  const forwarded = await fastForwardLocalMain(git, clone, {
    main: config.main,
    sha: mainSha,
    source: line.directory,
    checkout: config.delivery.fastForwardCheckout,
  });
  note(notes, `the local ${config.main}`, forwarded);
  const record = await readItemRecord(git, clone, candidate.slug);
  if (record !== null && recordedSha(record.value) === sha)
    note(
      notes,
      `the record of ${candidate.slug}`,
      await removeItemRecord(git, clone, candidate.slug, record.id),
    );
}

function note(notes: TidyNotes, what: string, result: { kind: string; why?: string }): void {
  if (result.kind === "kept") notes.kept.push(`${what}: ${result.why ?? "unknown"}`);
  else notes.done.push(`${what}: ${result.kind}`);
}

function recordedSha(value: unknown): unknown {
  return typeof value === "object" && value !== null && "sha" in value ? value.sha : null;
}
