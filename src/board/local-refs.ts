/** What the line's repository knows of the remote without asking it: main and the lease ref as last fetched. */
import { join } from "node:path";
import { leaseRef } from "../git/lease-ref.ts";
import { readLooseRefs } from "../git/loose-refs.ts";
import { trackingRef } from "../git/tracking-ref.ts";
import type { Workplace } from "../workplace.ts";

export type LocalRefs = { mainSha: string | null; hasLeaseRef: boolean };

/**
 * Main as the line knows it: the newer of what was fetched last and what was landed last (a push tells nobody that the
 * remote's main has moved, until it is fetched again).
 */
export async function newestMain(
  workplace: Workplace,
  fetched: string | null,
  landed: string | null,
): Promise<string | null> {
  if (fetched === null || landed === null || fetched === landed) return fetched ?? landed;
  const line = join(workplace.privateDir, "line.git");
  const args = ["merge-base", "--is-ancestor", fetched, landed];
  const result = await workplace.git.run(args, { cwd: workplace.privateDir, env: { GIT_DIR: line } });
  return result.code === 0 ? landed : fetched;
}

/** Read as files; a line that was never opened gives what the clone itself has fetched. */
export async function readLocalRefs(workplace: Workplace): Promise<LocalRefs> {
  const { git, privateDir, clone, config } = workplace;
  const main = `refs/heads/${config.main}`;
  const followed = [trackingRef(main), trackingRef(leaseRef)];
  const line = join(privateDir, "line.git");
  const refs = (await readLooseRefs(line, followed)) ?? (await askGit(workplace, line, followed));
  const mainSha =
    refs.get(trackingRef(main)) ??
    (await inClone(git, clone.commonDir, `refs/remotes/${config.remote}/${config.main}`));
  return { mainSha, hasLeaseRef: refs.has(trackingRef(leaseRef)) };
}

async function askGit(
  { git, privateDir }: Workplace,
  line: string,
  followed: readonly string[],
): Promise<Map<string, string>> {
  const args = ["for-each-ref", "--format=%(refname) %(objectname)", ...followed];
  const inLine = await git.run(args, { cwd: privateDir, env: { GIT_DIR: line } }).catch(() => null);
  return parseRefs(inLine?.code === 0 ? inLine.stdout.toString("utf8") : "");
}

async function inClone(git: Workplace["git"], commonDir: string, ref: string): Promise<string | null> {
  const result = await git.run(["rev-parse", "--verify", "--quiet", "--end-of-options", ref], {
    cwd: commonDir,
  });
  return result.code === 0 ? result.stdout.toString("latin1").trim() : null;
}

function parseRefs(text: string): Map<string, string> {
  const lines = text.split("\n").map((line) => line.split(" "));
  return new Map(lines.flatMap(([ref, sha]) => (ref && sha ? [[ref, sha] as const] : [])));
}
