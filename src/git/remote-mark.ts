/**
 * Whether a ref of the remote may have moved, seen from its files where the remote is a folder on this machine: a look
 * costs two small reads instead of two processes. It is a hint only. What it cannot know (another kind of remote, refs
 * that are no files, a ref that names another one) it says, and then the remote is asked.
 */
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { parseRemoteUrl } from "./identity.ts";
import { checkFullRef, checkSha } from "./names.ts";

/**
 * A text that is another one whenever the ref has moved; null where only asking tells. Throws a TypeError for what is no
 * full ref.
 */
export async function remoteMark(remoteUrl: string, ref: string): Promise<string | null> {
  const wrong = checkFullRef(ref);
  if (wrong !== null) throw new TypeError(wrong);
  const url = parseRemoteUrl(remoteUrl);
  if (url?.kind !== "path" || !isAbsolute(url.path)) return null;
  for (const directory of [join(url.path, ".git"), url.path]) {
    const mark = await markIn(directory, ref);
    if (mark !== null) return mark;
  }
  return null;
}

async function markIn(directory: string, ref: string): Promise<string | null> {
  const [head, format, loose, packed] = await Promise.all([
    readFile(join(directory, "HEAD"), "utf8").catch(() => null),
    stat(join(directory, "reftable")).catch(() => null),
    readFile(join(directory, ...ref.split("/")), "utf8").catch(() => null),
    stat(join(directory, "packed-refs"), { bigint: true }).catch(() => null),
  ]);
  if (head === null || format !== null) return null;
  const id = loose?.trim() ?? null;
  if (id !== null && checkSha(id) !== null) return null;
  if (id === null && packed === null) return null;
  return `${id} ${packed === null ? "" : `${packed.ino} ${packed.mtimeNs} ${packed.size}`}`;
}
