/** Small files, read or replaced whole. */
import { randomBytes } from "node:crypto";
import { chmod, lstat, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Failure } from "../errors.ts";

/** A file's text, or null where it cannot be read. */
export async function textOf(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch(() => null);
}

/**
 * A file's text, or null where there is none: for what must not pass for absent because it could not be read. Throws
 * Failure `file_unreadable`.
 */
export async function textIfThere(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return null;
    throw new Failure({
      code: "file_unreadable",
      kind: "failed",
      message: `${path} is there and cannot be read: ${cause.message}.`,
      cure: "See whose it is and what it is (ls -ld), put that right, then try again.",
      cause,
    });
  });
}

/** Whether something is there, a dangling link included. */
export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Whether the file is there with exactly this text and mode. */
export async function isExactly(path: string, text: string, mode: number): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  if (found?.isFile() !== true || (found.mode & 0o777) !== mode) return false;
  return (await textOf(path)) === text;
}

/**
 * Makes the file be exactly this; false where it was already. Written beside and swapped in: who is just running it goes
 * on with the old one, and nobody ever sees a part.
 */
export async function putFile(path: string, text: string, mode: number): Promise<boolean> {
  if (await isExactly(path, text, mode)) return false;
  const draft = join(
    dirname(path),
    `.${basename(path)}.signalbox-${process.pid}-${randomBytes(4).toString("hex")}`,
  );
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(draft, text, { mode });
    // The process' umask has had its say.
    await chmod(draft, mode);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return true;
}
