/**
 * Cleans up after a landing, with proof: only what is exactly at the candidate's commit goes, and what is gone already
 * is gone. Nothing here can fail a landing: what was kept, and why, is said in the notes.
 */
import type { Config } from "../../config.ts";
import { describeError } from "../../errors.ts";
import type { Clone } from "../../git/clone.ts";
import { readItemRecord, removeItemRecord } from "../../git/item-records.ts";
import type { LineRepository } from "../../git/line-repository.ts";
import { deleteLocalBranch, fastForwardLocalMain } from "../../git/local-branches.ts";
import type { Git } from "../../git/run.ts";
import { removeWorktree } from "../../git/worktrees.ts";
import type { Delivery, Outcome, TidyNotes } from "../delivery.ts";
import { headOf } from "../facts.ts";
import type { LocalLooks } from "./local-looks.ts";

export type TidyOptions = {
  line: LineRepository;
  git: Git;
  /** The user's clone: changed here, and nowhere else. */
  clone: Pick<Clone, "commonDir">;
  looks: Pick<LocalLooks, "of">;
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
  if (branch === config.main) {
    // No candidate may be main itself. Should one be after all, what it names is not to be tidied away.
    notes.kept.push(`${branch}: it is main`);
    return { kind: "tidied", tidy: notes };
  }
  const isDeleted = delivery.deleted.includes(branch);
  if (isDeleted) notes.done.push(`deleted ${config.remote}/${branch}`);
  await Promise.all([
    config.delivery.deleteBranch &&
      !isDeleted &&
      attempt(notes, "the remote", () => deleteRemoteBranch(delivery, options, notes)),
    attempt(notes, "the clone", () => tidyClone(delivery, options, notes)),
  ]);
  await attempt(notes, "the line's refs", async () => {
    await line.forget(headOf(branch));
    await line.drop(keptName(delivery.deliveryId));
  });
  return { kind: "tidied", tidy: notes };
}

/** A clone that is broken, or gone, must not hold up the line: the landing has taken place. */
async function attempt(notes: TidyNotes, what: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    notes.kept.push(`${what}: ${describeError(error)}`);
  }
}

async function deleteRemoteBranch(delivery: Delivery, options: TidyOptions, notes: TidyNotes): Promise<void> {
  const { branch, sha } = delivery.candidate;
  const answer = await options.line.push({ updates: [{ ref: headOf(branch), old: sha, new: null }] });
  if (answer.kind === "pushed") notes.done.push(`deleted ${options.config.remote}/${branch}`);
  else await noteKeptBranch(options, delivery, notes);
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

/** One look tells what there is to tidy; in a clone that has nothing of the item it is the only process. */
async function tidyClone(
  { candidate, mainSha }: Extract<Delivery, { phase: "pushed" }>,
  { git, clone, config, line, looks }: TidyOptions,
  notes: TidyNotes,
): Promise<void> {
  const { branch, sha, slug } = candidate;
  const { names, here } = await looks.of(candidate);
  const local = here.get(names.branch);
  if (local?.worktree != null && config.delivery.removeWorktree) {
    const removal = await removeWorktree(git, clone, { path: local.worktree, sha });
    note(notes, `the worktree ${local.worktree}`, removal);
  }
  if (local !== undefined && config.delivery.deleteBranch)
    note(notes, `the local branch ${branch}`, await deleteLocalBranch(git, clone, branch, sha));
  const main = here.get(names.main);
  const isMovable = main !== undefined && (main.worktree === null || config.delivery.fastForwardCheckout);
  if (isMovable && main.sha !== mainSha) {
    const { fastForwardCheckout: checkout } = config.delivery;
    const target = { main: config.main, sha: mainSha, source: line.directory, checkout };
    note(notes, `the local ${config.main}`, await fastForwardLocalMain(git, clone, target));
  }
  if (here.has(names.record)) await dropRecord({ git, clone }, slug, sha);
}

/** The record of the landed commit goes; one that a newer hand-over wrote stays. */
async function dropRecord(
  { git, clone }: Pick<TidyOptions, "git" | "clone">,
  slug: string,
  sha: string,
): Promise<void> {
  const record = await readItemRecord(git, clone, slug);
  if (record !== null && recordedSha(record.value) === sha)
    await removeItemRecord(git, clone, slug, record.id);
}

function note(notes: TidyNotes, what: string, result: { kind: string; why?: string }): void {
  if (result.kind === "kept") notes.kept.push(`${what}: ${result.why ?? "unknown"}`);
  else notes.done.push(`${what}: ${result.kind}`);
}

function recordedSha(value: unknown): unknown {
  return typeof value === "object" && value !== null && "sha" in value ? value.sha : null;
}
