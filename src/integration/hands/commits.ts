/**
 * Writes the commits that are to become main: the merge (or the squash), whose tree is exactly git's merge tree, and on
 * top the delivery commit where there is bookkeeping to do.
 */
import { isoTime, wallMs } from "../../clock.ts";
import type { Config } from "../../config.ts";
import type { Commit, Signature } from "../../git/commit.ts";
import type { LineRepository } from "../../git/line-repository.ts";
import type { SigningKey } from "../../git/ssh-signature.ts";
import { inSpan, type Traces } from "../../telemetry/traces.ts";
import { deliveryMessage, mergeMessage, squashMessage } from "../commit-message.ts";
import type { Merge, Taken } from "../delivery.ts";
import { withBookkeeping } from "./book.ts";

export type LandingMaterial = {
  taken: Taken;
  /** What is merged with. */
  main: string;
  /** Git's merge tree. */
  tree: string;
  reviewer: string | null;
  /** The commits it brings in; null where they are too many to be listed. */
  own: readonly Commit[] | null;
};

export async function buildCommits(
  material: LandingMaterial,
  {
    line: lineHere,
    config,
    signingKey,
    traces,
  }: { line: LineRepository; config: Config; signingKey: SigningKey | null; traces: Traces },
): Promise<Omit<Merge, "oldMain" | "atTip">> {
  const { taken, main, tree, reviewer, own } = material;
  const objects = lineHere.objects.gather();
  const line = { ...lineHere, objects: { ...lineHere.objects, ...objects } };
  const { candidate, deliveryId } = taken;
  const last = await line.objects.readCommit(candidate.sha);
  const seconds = Math.floor(wallMs() / 1000);
  const committer: Signature = { ...integratorName, seconds, zone: "+0000" };
  const checks = config.checks.map((check) => check.name);
  const names = { candidate, deliveryId, reviewer, tree, checks };
  const parents = config.merge === "squash" ? [main] : [main, candidate.sha];
  const message =
    config.merge === "squash"
      ? squashMessage(subjectOf(last), await squashBody(line, main, last), names)
      : mergeMessage(subjectOf(last), names);
  const author = { ...last.author, seconds, zone: "+0000" };
  const mergeCommit = await line.objects.writeCommit(
    { tree, parents, author, committer, message },
    signingKey,
  );
  const entry = { slug: candidate.slug, tree, main, sha: candidate.sha, own, mergeCommit };
  const books = await inSpan(traces, { name: "bookkeeping" }, () =>
    withBookkeeping(line, config.delivery, { ...entry, deliveredAt: isoTime(seconds * 1000) }),
  );
  if (books.tree === tree) {
    await objects.settled();
    return { mergeCommit, tip: mergeCommit, tree, warnings: books.warnings };
  }
  const delivery = {
    tree: books.tree,
    parents: [mergeCommit],
    author: committer,
    committer,
    message: deliveryMessage({ candidate, deliveryId, tree: books.tree, checks }),
  };
  const tip = await line.objects.writeCommit(delivery, signingKey);
  await objects.settled();
  return { mergeCommit, tip, tree: books.tree, warnings: books.warnings };
}

const integratorName = { name: "Signalbox", email: "integrator@signalbox.invalid" };

async function squashBody(line: LineRepository, main: string, last: Commit) {
  const commits = await line.commitsBetween({ from: [main], to: last.id });
  const subjects: string[] = [];
  for (const id of commits.slice(-squashSubjectsMax)) {
    const commit = await line.objects.readCommit(id);
    if (commit.parents.length < 2) subjects.push(subjectOf(commit));
  }
  const { authors } = await line.authorsOf(main, last.id);
  const coAuthors = authors.filter(({ email }) => email !== last.author.email);
  return { subjects, coAuthors };
}

const squashSubjectsMax = 50;

function subjectOf(commit: Commit): string {
  return commit.message.split("\n", 1)[0] ?? "";
}
