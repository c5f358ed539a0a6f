/**
 * What a power cut, or a disk that lies, leaves in a bare repository of ours: files of objects that are there and empty,
 * over which git stumbles at every step. All of it is at the remote or can be made again.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Removes the empty files among the loose objects of the repository at `directory`; answers the ids they stood for. */
export async function removeEmptyObjects(directory: string): Promise<string[]> {
  const folder = join(directory, "objects");
  const removed: string[] = [];
  for (const first of (await readdir(folder)).filter((name) => /^[0-9a-f]{2}$/.test(name)))
    for (const rest of await readdir(join(folder, first))) {
      const path = join(folder, first, rest);
      if (!/^[0-9a-f]{38,62}$/.test(rest) || (await sizeOf(path)) !== 0) continue;
      await rm(path, { force: true });
      removed.push(`${first}${rest}`);
    }
  return removed;
}

/** Null where it is gone: packed meanwhile. */
async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}
