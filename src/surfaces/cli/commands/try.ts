/** `signalbox try BRANCH`: would it merge? Nothing is queued, pushed or checked out. */

import type { TryShape } from "../../../board/shapes-of-commands.ts";
import { badInput, remoteAway } from "../../../errors.ts";
import { resolveBranch } from "../../../git/clone.ts";
import { withCloneRefs } from "../../../git/clone-commits.ts";
import type { LineRepository } from "../../../git/line-repository.ts";
import { headOf, wanted } from "../../../integration/facts.ts";
import { type TryResult, tryMerge } from "../../../integration/try-merge.ts";
import { openLine, type Workplace } from "../../../workplace.ts";
import { openBus } from "../bus-context.ts";
import { workplaceOf } from "../clone-context.ts";
import { fetchMain } from "../fetch-main.ts";
import { type Invocation, required } from "../invocation.ts";
import { storesOf } from "../line-context.ts";
import { branchAtDoor } from "../names-at-the-door.ts";
import { tryLines } from "../render/outcomes.ts";

/** Exits 0 whatever it finds: a conflict is an answer. */
export async function tryBranch(call: Invocation): Promise<number> {
  const workplace = await workplaceOf(call);
  const { config } = workplace;
  const branch = branchAtDoor(required(call, 0), config.main, config.remote);
  const against = call.options.text("against") === "queue" ? "queue" : "main";
  const ahead = against === "queue" ? await queuedAhead(call) : [];
  await using line = await openLine(workplace);
  const main = await fetchMain(
    line,
    workplace,
    ahead.map((each) => each.branch),
  );
  const result = await withCommit(line, workplace, branch, (sha) =>
    tryMerge(line, sha, { main, ahead: ahead.map((each) => each.sha) }),
  );
  const shape: TryShape = {
    branch,
    sha: result.sha,
    against,
    clean: result.clean,
    conflicts: result.conflicts.map(({ path, kind, ours, theirs }) => ({
      path,
      kind,
      ours: ours?.id ?? null,
      theirs: theirs?.id ?? null,
    })),
    tree: result.tree,
  };
  if (call.output.json) call.output.document(shape);
  else call.output.lines(tryLines(shape));
  if (result.skipped.length > 0)
    call.output.note(
      `Left out, since they do not merge themselves: ${result.skipped.map((sha) => sha.slice(0, 7)).join(", ")}`,
    );
  return 0;
}

type Ahead = { branch: string; sha: string };

async function queuedAhead(call: Invocation): Promise<Ahead[]> {
  await using bus = await openBus(call);
  return (await storesOf(bus).queue.queued(1000)).map(({ branch, sha }) => ({ branch, sha }));
}

/** The branch of this clone, pushed or not; else the remote's. Its objects are taken into the line's repository. */
async function withCommit(
  line: LineRepository,
  { git, clone, config }: Workplace,
  branch: string,
  act: (sha: string) => Promise<TryResult>,
): Promise<TryResult> {
  const local = await resolveBranch(git, clone, branch);
  if (local !== null)
    return withCloneRefs({ git, clone, line }, [headOf(branch)], ([sha]) => act(sha ?? local));
  const ref = headOf(branch);
  const fetched = await line.fetch([wanted(ref)]);
  if (fetched.kind === "remote_away") throw remoteAway(config.remote, fetched.detail);
  const sha = fetched.refs.get(ref) ?? null;
  if (sha === null)
    throw badInput(
      "no_such_branch",
      `There is no branch ${branch}, neither in this clone nor at ${config.remote}.`,
    );
  return act(sha);
}
