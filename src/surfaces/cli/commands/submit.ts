/** `signalbox submit`: the short way from a branch to the queue. */
import { existsSync } from "node:fs";
import { readQueueItem } from "../../../board/queue-view.ts";
import { isoTime, wallMs } from "../../../clock.ts";
import { badInput, Failure, isFailure } from "../../../errors.ts";
import { currentBranch } from "../../../git/clone.ts";
import { slugFromBranch } from "../../../git/names.ts";
import { type HandOver, nothingKnown } from "../../../orchestration/hand-over.ts";
import { type BranchPlace, publish, record, say, tipOf } from "../../../orchestration/submit.ts";
import { inSpan } from "../../../telemetry/traces.ts";
import type { Workplace } from "../../../workplace.ts";
import { actorOf, type Bus, openBus } from "../bus-context.ts";
import { userGitOf, workplaceOf } from "../clone-context.ts";
import type { Invocation } from "../invocation.ts";
import { storesOf } from "../line-context.ts";
import { branchAtDoor, slugAtDoor } from "../names-at-the-door.ts";
import { submitLines } from "../render/outcomes.ts";
import { type Answer, awaitOutcome, knownOf, landedAnswer, landedMeanwhile, settled } from "../submission.ts";
import { producerOn } from "../writer.ts";

/**
 * Pushes the branch, says its events, and prints where it stands; `--wait` follows it to its end: 0 integrated, 3
 * blocked or not approved, 75 at the timeout.
 */
export async function submit(call: Invocation): Promise<number> {
  const workplace = await workplaceOf(call);
  const names = await namesOf(call, workplace);
  const { bus: opened, away } = await busIfUp(call);
  await using bus = opened;
  try {
    return await handOver(call, { workplace, bus, away }, names);
  } catch (error) {
    // The landing that is asked for may take the worktree away while we stand in it: then it is the answer.
    const isFolderGone = bus !== null && !existsSync(workplace.clone.root);
    const landed = isFolderGone ? await landedMeanwhile(bus, names) : null;
    if (landed === null) throw error;
    return answer(call, landed);
  }
}

type Names = { branch: string; slug: string };

async function handOver(
  call: Invocation,
  { workplace, bus, away }: { workplace: Workplace; bus: Bus | null; away: unknown },
  { branch, slug }: Names,
): Promise<number> {
  const place = placeOf(call, workplace);
  const landed = bus === null ? null : await landedBefore(bus, place, { branch, slug });
  if (landed !== null) return answer(call, landed);
  const sha = await inSpan(call.traces, { name: "push branch", attributes: { "signalbox.slug": slug } }, () =>
    publish(place, branch),
  );
  const given: HandOver = {
    tip: { slug, branch, sha },
    remote: workplace.config.remote,
    approvedBy: call.options.text("approved-by"),
    by: actorOf(call),
    at: isoTime(wallMs()),
  };
  if (bus === null) return leaveRecord(call, place, given, away);
  const known = await knownOf(storesOf(bus), given.tip);
  if (known.superseded)
    throw new Failure({
      code: "superseded",
      kind: "not_ready",
      message: `${slug} at ${sha.slice(0, 7)} was superseded by a newer hand-over, and a superseded candidate stays so.`,
      cure: "Give it a commit of its own (git commit --amend --no-edit), then submit again.",
    });
  await record(place, given, known);
  const said = await say(producerOn(bus), given, known);
  const attempt = known.blocked ? (known.attempt ?? 0) + 1 : (known.attempt ?? 1);
  const submission = { tip: given.tip, attempt, lastStreamId: said.at(-1)?.streamId ?? null };
  if (!call.options.flag("wait")) return answer(call, await settled(bus, submission));
  return answer(call, await awaitOutcome(call, bus, submission));
}

async function namesOf(call: Invocation, { clone, config, git }: Workplace): Promise<Names> {
  const named = call.args[0] ?? (await currentBranch(git, clone.root));
  if (named === null)
    throw badInput("no_branch", "No branch is checked out here, and none was named.", {
      cure: "signalbox submit BRANCH, or git switch to it.",
    });
  const branch = branchAtDoor(named, config.main, config.remote);
  const slug = call.options.text("slug");
  return { branch, slug: slug === null ? slugFromBranch(branch) : slugAtDoor(slug) };
}

function placeOf(call: Invocation, { git, clone, config }: Workplace): BranchPlace {
  return { git, userGit: userGitOf(call, git), clone, remote: config.remote };
}

/** Redis may be away: then the hand-over is written down. Bad input is thrown at once. */
async function busIfUp(call: Invocation): Promise<{ bus: Bus | null; away: unknown }> {
  try {
    return { bus: await openBus(call), away: null };
  } catch (error) {
    if (!isFailure(error) || error.kind === "bad_input") throw error;
    return { bus: null, away: error };
  }
}

/** Reconciliation says it when the line is up again. */
async function leaveRecord(
  call: Invocation,
  place: BranchPlace,
  handOver: HandOver,
  away: unknown,
): Promise<never> {
  await record(place, handOver, nothingKnown);
  call.output.note(
    `${handOver.tip.branch} is pushed and its hand-over written down: it is said when the line is up.`,
  );
  throw away;
}

/**
 * Its landing, where the branch is gone or still at the commit that landed: whoever tries again after a lost answer gets
 * it now, and a branch that was tidied away is not pushed again.
 */
async function landedBefore(bus: Bus, place: BranchPlace, { branch, slug }: Names): Promise<Answer | null> {
  const item = await readQueueItem(storesOf(bus), slug);
  if (item?.status !== "integrated" || item.branch !== branch) return null;
  const sha = await tipOf(place, branch);
  return sha === null || sha === item.sha ? landedAnswer(item) : null;
}

function answer(call: Invocation, { shape, exitCode }: Answer): number {
  if (call.output.json) call.output.document(shape);
  else call.output.lines(submitLines(shape));
  return exitCode;
}
