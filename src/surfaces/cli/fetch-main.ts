/** Main as the remote has it now, in the line's own repository: for commands that only look. */
import { badInput, remoteAway } from "../../errors.ts";
import type { LineRepository } from "../../git/line-repository.ts";
import { headOf, wanted } from "../../integration/facts.ts";
import type { Workplace } from "../../workplace.ts";

/**
 * Fetches main with its history, and `branches` along with it. The commit that main is at; throws `remote_away`
 * (temporary), `no_main`.
 */
export async function fetchMain(
  line: LineRepository,
  { config }: Pick<Workplace, "config">,
  branches: readonly string[] = [],
): Promise<string> {
  const main = headOf(config.main);
  const refs = new Set([main, ...branches.map(headOf)]);
  const fetched = await line.fetch([...refs].map(wanted));
  if (fetched.kind === "remote_away") throw remoteAway(config.remote, fetched.detail);
  const sha = fetched.refs.get(main) ?? null;
  if (sha === null) throw badInput("no_main", `${config.remote} has no branch ${config.main}.`);
  return sha;
}
