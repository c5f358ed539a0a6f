/** What the line's repository knows of the remote without asking it: main and the lease ref as last fetched. */
import { join } from "node:path";
import { leaseRef } from "../../git/lease-ref.ts";
import { trackingRef } from "../../git/line-repository.ts";
import type { Workplace } from "../../workplace.ts";

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

/** One process of git; a line that was never opened gives what the clone itself has fetched. */
export async function readLocalRefs({ git, privateDir, clone, config }: Workplace): Promise<LocalRefs> {
  const main = `refs/heads/${config.main}`;
  const followed = [trackingRef(main), trackingRef(leaseRef)];
  const format = "--format=%(refname) %(objectname)";
  const inLine = await git
    .run(["for-each-ref", format, ...followed], {
      cwd: privateDir,
      env: { GIT_DIR: join(privateDir, "line.git") },
    })
    .catch(() => null);
  const refs = parseRefs(inLine?.code === 0 ? inLine.stdout.toString("utf8") : "");
  const mainSha =
    refs.get(trackingRef(main)) ??
    (await inClone(git, clone.commonDir, `refs/remotes/${config.remote}/${config.main}`));
  return { mainSha, hasLeaseRef: refs.has(trackingRef(leaseRef)) };
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
