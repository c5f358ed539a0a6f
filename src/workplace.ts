/**
 * The clone that the line serves, with everything that is read before Redis is asked: configuration, identity, private
 * folder, git. The daemon and the integrator both begin here, in processes of their own.
 */
import { join } from "node:path";
import { type Config, type Environment, loadConfig, privateFolder, repositoryIdOf } from "./config.ts";
import { badInput } from "./errors.ts";
import type { Clone } from "./git/clone.ts";
import { absoluteRemoteUrl, isRelativePath } from "./git/identity.ts";
import type { LineRepository } from "./git/line-repository.ts";
import { openClone } from "./git/open-clone.ts";
import type { Git } from "./git/run.ts";
import { openBuiltInAnswers } from "./known-answers.ts";
import type { EnginePlace } from "./redis/engine.ts";

export type Workplace = {
  /** The main worktree's folder: where signalbox.yaml is read. */
  root: string;
  clone: Clone;
  config: Config;
  repositoryId: string;
  remoteUrl: string;
  privateDir: string;
  git: Git;
  environment: Environment;
};

/**
 * Reads the clone at `directory`. Throws a Failure: `not_a_repository`, `config_invalid`, `no_remote`, or
 * `checks_not_supported` where the configuration asks for checks, which this version cannot run: landing without them
 * would be worse than not landing. `meanwhile` is called while git works: for loading what comes next.
 */
export async function openWorkplace(
  directory: string,
  environment: Environment,
  meanwhile?: () => Promise<unknown>,
): Promise<Workplace> {
  const [{ git, clone }, answers] = await Promise.all([
    openClone(directory, environment.variables, meanwhile),
    openBuiltInAnswers(environment.home),
  ]);
  const root = clone.mainRoot ?? clone.root;
  const config = await loadConfig({ root, answers });
  const remote = clone.remotes.find((each) => each.name === config.remote);
  if (remote === undefined)
    throw badInput("no_remote", `The clone at ${root} has no remote called ${config.remote}.`, {
      cure: `Add it (git remote add ${config.remote} URL), or name another one in signalbox.yaml.`,
    });
  if (config.checks.length > 0)
    throw badInput("checks_not_supported", "signalbox.yaml asks for checks, which this version cannot run.", {
      cure: "Remove checks: from signalbox.yaml; nothing is landed until then.",
    });
  const remoteUrl = remote.fetchUrl;
  const repositoryId = await repositoryIdOf({ repository: config.repository, remoteUrl, root, answers });
  const privateDir = privateFolder(environment.home, repositoryId);
  return { root, clone, config, repositoryId, remoteUrl, privateDir, git, environment };
}

/** The integrator's own bare repository; made where it is missing. Loaded here: a command that looks has no use for it. */
export async function openLine(workplace: Workplace): Promise<LineRepository> {
  const { privateDir, root, git, clone } = workplace;
  const { openLineRepository } = await import("./git/line-repository.ts");
  // A path such as ../shop.git is meant from the clone, and the line lives somewhere else.
  const remoteUrl = isRelativePath(workplace.remoteUrl)
    ? await absoluteRemoteUrl(workplace.remoteUrl, root)
    : workplace.remoteUrl;
  return openLineRepository({
    directory: join(privateDir, "line.git"),
    remoteUrl,
    git,
    objectFormat: clone.format,
  });
}

/** Where the workplace's Redis is to be found. */
export function engineOf({ privateDir, environment }: Workplace): EnginePlace {
  const { redisUrl, runtimeDir, temporaryDir } = environment;
  return { url: redisUrl, privateDir, runtimeDir, temporaryDir };
}
