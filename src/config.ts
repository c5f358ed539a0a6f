/**
 * The only reader of the environment and of `signalbox.yaml`. What comes out is checked, complete and frozen; every
 * problem is told at once. The file is read from the clone where the daemon runs, never from a candidate's branch: it
 * names commands.
 */
import { readFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "./config/document.ts";
import { type Environment, environmentOf, type Variables } from "./config/environment.ts";
import { frozen } from "./config/frozen.ts";
import { badInput } from "./errors.ts";
import { canonicalOfRemote, idOfCanonical } from "./git/identity.ts";
import { type KnownAnswers, noAnswers } from "./known-answers.ts";

export type { Config, Environment };

export type ConfigPlace = { root: string; answers?: KnownAnswers };

/** The file's name, in the root of the clone. */
export const configFileName = "signalbox.yaml";

/** The environment, checked and frozen. Throws a `bad_environment` Failure that lists every problem. */
export function readEnvironment(variables: Variables = process.env): Environment {
  return environmentOf(variables, { userHome: homedir(), temporaryDir: tmpdir() });
}

/**
 * The configuration of the clone at `root`; the defaults where it has no `signalbox.yaml`. The file is always read; a
 * text that was found good before is not checked again. Throws a Failure: `config_invalid` with every problem, its path
 * and line, or `config_unreadable`.
 */
export async function loadConfig({ root, answers = noAnswers }: ConfigPlace): Promise<Config> {
  const file = join(root, configFileName);
  const text = await textOf(file);
  const question = `configuration\n${text}`;
  const known = answers.recall(question);
  // as: a checked configuration is all that is remembered as the answer to this question.
  if (typeof known === "object" && known !== null) return frozen(known) as Config;
  // Loaded where it is needed: the YAML reader and the schema are most of what a short command would load.
  const { readConfiguration } = await import("./config/document.ts");
  const reading = readConfiguration(text);
  if (reading.kind === "read") {
    await answers.remember(question, reading.config);
    return reading.config;
  }
  const { problems } = reading;
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  throw badInput("config_invalid", `${file} has ${count}.`, {
    cure: `Correct ${configFileName}; nothing was changed.`,
    problems,
  });
}

/**
 * What a repository's Redis keys and private folder are named by: `repository:` where it is configured, else the
 * remote's name and a short hash of its normalized URL. `root` is the clone, for a URL that is a relative path.
 */
export async function repositoryIdOf(options: {
  repository: string | null;
  remoteUrl: string;
  root: string;
  answers?: KnownAnswers;
}): Promise<string> {
  const { repository, remoteUrl, root, answers = noAnswers } = options;
  if (repository !== null) return repository;
  const canonical = await canonicalOfRemote(remoteUrl, root);
  const question = `repository id\n${canonical}`;
  const known = answers.recall(question);
  if (typeof known === "string") return known;
  const id = idOfCanonical(canonical);
  await answers.remember(question, id);
  return id;
}

/**
 * A repository's private folder. `/` becomes `+`, which no id contains: were the folders nested, `acme/redis` would lie
 * in the middle of `acme`'s own files.
 */
export function privateFolder(home: string, repositoryId: string): string {
  return join(home, repositoryId.replaceAll("/", "+"));
}

/** An absent file is an empty one. */
async function textOf(file: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return "";
    throw badInput("config_unreadable", `${file} cannot be read as UTF-8 text.`, {
      cure: `Make ${configFileName} a readable text file, or remove it to use the defaults.`,
      cause,
    });
  }
}
