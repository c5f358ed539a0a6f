/** Makes the line's bare repository, and holds its configuration to exactly ours at every opening. */

import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { badInput, Failure } from "../errors.ts";
import { reachingRemotes } from "./environment.ts";
import { checkRemoteUrl, redactUrl } from "./identity.ts";
import type { ObjectFormat } from "./objects.ts";
import { type Git, lastLines } from "./run.ts";

export type LineSetup = {
  directory: string;
  remoteUrl: string;
  git: Git;
  /** Known from the user's clone; asked of the remote when absent. */
  objectFormat?: ObjectFormat;
};

/**
 * The repository at `directory` exists, is bare, and has our configuration. Safe beside another process doing the same.
 * Throws Failure `bad_remote_url`, or `remote_away` where a new one is made and the remote cannot say its object format.
 */
export async function setUpLine(setup: LineSetup): Promise<ObjectFormat> {
  const wrong = checkRemoteUrl(setup.remoteUrl);
  if (wrong !== null) throw badInput("bad_remote_url", wrong);
  await mkdir(dirname(setup.directory), { recursive: true, mode: 0o700 });
  const existing = await readFormat(setup.directory);
  const format = existing ?? setup.objectFormat ?? (await askFormat(setup));
  if (existing === null) await create(setup, format);
  await writeIfDifferent(join(setup.directory, "config"), configText(format, setup.remoteUrl));
  return format;
}

/** Replaces a small file as a whole, and only where its text differs. */
export async function writeIfDifferent(path: string, text: string): Promise<void> {
  const before = await readFile(path, "utf8").catch(() => null);
  if (before === text) return;
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  await writeFile(temporary, text, { flag: "wx", mode: 0o600 });
  await rename(temporary, path);
}

/**
 * The whole configuration (pure). Nothing is received here, nothing collected behind our back, nothing runs. What is
 * fetched stays a pack: it comes to light whole, where loose objects would come one by one, a commit before its files, and
 * pass for a commit that is here in every process that looks meanwhile, or for good where the fetch breaks off.
 */
export function configText(format: ObjectFormat, remoteUrl: string): string {
  const extensions = format === "sha256" ? "[extensions]\n\tobjectFormat = sha256\n" : "";
  return `[core]
	repositoryFormatVersion = ${format === "sha256" ? 1 : 0}
	bare = true
	fileMode = true
	logAllRefUpdates = false
	hooksPath = /dev/null
	fsmonitor = false
${extensions}[fetch]
	unpackLimit = 1
[gc]
	auto = 0
	packRefs = false
[maintenance]
	auto = false
[receive]
	hideRefs = refs
	autoGc = false
[daemon]
	receivePack = false
[http]
	receivePack = false
[remote "origin"]
	url = ${quoteValue(remoteUrl)}
`;
}

/** Built aside and renamed into place, so that a crash leaves no half repository. */
async function create(setup: LineSetup, format: ObjectFormat): Promise<void> {
  const aside = `${setup.directory}.${randomBytes(6).toString("hex")}.new`;
  const args = ["init", "--quiet", "--bare", "--template=", `--object-format=${format}`, "--", aside];
  try {
    await setup.git.must(args, { cwd: dirname(setup.directory) });
    await writeIfDifferent(join(aside, "config"), configText(format, setup.remoteUrl));
    await rename(aside, setup.directory);
  } catch (error) {
    // Another process was first: its repository is as good.
    if ((await readFormat(setup.directory)) === null) throw error;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function readFormat(directory: string): Promise<ObjectFormat | null> {
  const [head, config] = await Promise.all(
    ["HEAD", "config"].map((name) => readFile(join(directory, name), "utf8").catch(() => null)),
  );
  if (typeof head !== "string" || typeof config !== "string") return null;
  return /^\s*objectformat\s*=\s*sha256\s*$/im.test(config) ? "sha256" : "sha1";
}

async function askFormat(setup: LineSetup): Promise<ObjectFormat> {
  const args = ["ls-remote", "--quiet", "--", setup.remoteUrl, "HEAD", "refs/heads/*"];
  const result = await setup.git.run(args, {
    cwd: dirname(setup.directory),
    env: { ...reachingRemotes, GIT_DIR: "/dev/null" },
  });
  if (result.code === 0) return /^[0-9a-f]{64}\t/.test(result.stdout.toString("latin1")) ? "sha256" : "sha1";
  throw new Failure({
    code: "remote_away",
    kind: "temporary",
    message: `the remote ${redactUrl(setup.remoteUrl)} does not answer: ${lastLines(result.stderr, 2)}`,
    cure: "check the remote's URL and your access to it, then try again",
  });
}

function quoteValue(value: string): string {
  return `"${value.replace(/\\/g, "\\\\").replace(/"/g, '\\"')}"`;
}
