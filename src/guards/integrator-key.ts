/**
 * The integrator's key: an ed25519 pair in the private folder, made by ssh-keygen when it is first needed, readable by
 * its owner alone. It signs the grants for a fence and the commits that become main. A repository without a fence has
 * none, and nothing is signed.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFile, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../errors.ts";
import { parsePrivateKey, parsePublicLine, publicLine, type SigningKey } from "../git/ssh-signature.ts";
import { keyFile, keyFolder, signersFile } from "./key-place.ts";
import { textIfThere } from "./small-files.ts";

export type KeyPlace = {
  privateDir: string;
  /** `PATH`, where ssh-keygen is looked for. */
  path: string;
};

/** The key, or null where there is none yet. Throws Failure `key_unreadable` for a file that holds none. */
export async function readIntegratorKey(privateDir: string): Promise<SigningKey | null> {
  const file = keyFile(privateDir);
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return null;
    throw unreadable(file, cause);
  });
  if (text === null) return null;
  const key = parsePrivateKey(text);
  if (key === null) throw unreadable(file);
  return key;
}

/** The key, made where there is none. Two who make it at once end with the same one. Throws Failure `no_ssh_keygen`. */
export async function ensureIntegratorKey(place: KeyPlace): Promise<SigningKey> {
  const existing = await readIntegratorKey(place.privateDir);
  if (existing !== null) return existing;
  const folder = keyFolder(place.privateDir);
  const aside = `${folder}.${randomBytes(6).toString("hex")}.new`;
  await mkdir(aside, { recursive: true, mode: 0o700 });
  try {
    const key = await generate(place, join(aside, "integrator"));
    await appendFile(join(aside, "signers"), `${publicLine(key)}\n`, { mode: 0o600 });
    await rename(aside, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  const made = await readIntegratorKey(place.privateDir);
  if (made === null) throw unreadable(keyFile(place.privateDir));
  return made;
}

/**
 * Puts a new key in the place of the old one. `publish` is called before (with both, so that whoever is at work with the
 * old one is still admitted) and after (with the new one alone); where the first call throws, the old key stays.
 */
export async function rotateIntegratorKey(
  place: KeyPlace,
  publish: (keys: readonly SigningKey[]) => Promise<void>,
): Promise<SigningKey> {
  const former = await ensureIntegratorKey(place);
  const file = keyFile(place.privateDir);
  const next = `${file}.${randomBytes(6).toString("hex")}.next`;
  try {
    const key = await generate(place, next);
    await publish([former, key]);
    await appendFile(signersFile(place.privateDir), `${publicLine(key)}\n`);
    await rename(next, file);
    await rename(`${next}.pub`, `${file}.pub`);
    await publish([key]);
    return key;
  } finally {
    for (const path of [next, `${next}.pub`]) await rm(path, { force: true });
  }
}

/**
 * The public halves of every key there has been, for what was signed before a rotation. Throws Failure `file_unreadable`:
 * taken for none, nothing would have to be signed.
 */
export async function knownSigners(privateDir: string): Promise<Buffer[]> {
  const text = (await textIfThere(signersFile(privateDir))) ?? "";
  return text
    .split("\n")
    .map(parsePublicLine)
    .filter((blob) => blob !== null);
}

export type KeyExposure =
  | { kind: "none" }
  | { kind: "kept" }
  | { kind: "exposed"; path: string; mode: string };

/** Can others on this machine read the key? */
export async function keyExposure(privateDir: string): Promise<KeyExposure> {
  const path = keyFile(privateDir);
  const found = await stat(path).catch(() => null);
  if (found === null) return { kind: "none" };
  const mode = found.mode & 0o777;
  return (mode & 0o077) === 0
    ? { kind: "kept" }
    : { kind: "exposed", path, mode: mode.toString(8).padStart(4, "0") };
}

async function generate({ path }: KeyPlace, file: string): Promise<SigningKey> {
  const args = ["-q", "-t", "ed25519", "-N", "", "-C", "signalbox integrator", "-f", file];
  const child = spawn("ssh-keygen", args, { env: { PATH: path }, stdio: ["ignore", "ignore", "pipe"] });
  const said: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject);
  child.once("close", resolve);
  const code = await promise.catch((cause: unknown) => {
    throw new Failure({
      code: "no_ssh_keygen",
      kind: "failed",
      message: "ssh-keygen cannot be started, and the integrator's key is made by it.",
      cure: "Install OpenSSH's client (openssh-client), then try again.",
      cause,
    });
  });
  const key = code === 0 ? parsePrivateKey(await readFile(file, "utf8")) : null;
  if (key !== null) return key;
  throw new Failure({
    code: "key_not_made",
    kind: "failed",
    message: `ssh-keygen made no key: ${Buffer.concat(said).toString("utf8").trim()}`,
    cure: "Run the same again; ssh-keygen says what it lacks.",
  });
}

function unreadable(file: string, cause?: unknown): Failure {
  return new Failure({
    code: "key_unreadable",
    kind: "failed",
    message: `${file} holds no key that can be read.`,
    cure: "Put the file back from a copy; or take its folder away, then run: signalbox guard remote install DIR",
    ...(cause === undefined ? {} : { cause }),
  });
}
