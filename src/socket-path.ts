/**
 * Where a server of ours listens: in the private folder, or, where that path is too long for a socket (the systems take 104
 * or 108 bytes), under a hashed name in a private folder of the runtime or temporary directory.
 */
import { createHash } from "node:crypto";
import { lstat, mkdir } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { Failure } from "./errors.ts";

export type SocketFolders = {
  /** Where it lies if its path is short enough; no two servers share one. */
  privateDir: string;
  runtimeDir: string | null;
  temporaryDir: string;
};

const bytesAtMost = 99;

/** The path of the socket of the engine, or of another server by its file's `name`. Computed alone, nothing is created. */
export function socketPathOf(folders: SocketFolders, name = "redis.sock"): string {
  const { privateDir, runtimeDir, temporaryDir } = folders;
  const near = join(privateDir, name);
  if (fits(near)) return near;
  const short = `${createHash("sha256").update(privateDir).digest("hex").slice(0, 16)}.sock`;
  const folder = `signalbox-${userInfo().uid}`;
  const candidates = [runtimeDir, temporaryDir, "/tmp"].filter((base) => base !== null);
  const path = candidates.map((base) => join(base, folder, short)).find(fits);
  if (path === undefined) throw new Error("not even /tmp gives a short path");
  return path;
}

/** Creates the socket's folder, for its owner alone; throws `unsafe_folder` where somebody else's stands there. */
export async function makeSocketFolder(socketPath: string): Promise<void> {
  const folder = dirname(socketPath);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  const { uid } = userInfo();
  if (found.isDirectory() && (uid === -1 || (found.uid === uid && (found.mode & 0o077) === 0))) return;
  throw new Failure({
    code: "unsafe_folder",
    kind: "refused",
    message: `${folder} is not a folder of yours alone, so no socket is put into it`,
    cure: `Look at who made it; then: chmod 700 ${folder}`,
  });
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= bytesAtMost;
}
