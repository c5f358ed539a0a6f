/**
 * A file of a repository, put there whole: a crash leaves no lock and no half of it, and a power cut neither. What Redis
 * has on its disk names these commits, so they must be on ours before it hears of them (git itself does the same).
 */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes `temporary`, in the folder of `path`, and renames it; makes the folder where it is not there yet. */
export async function writeWhole(
  path: string,
  bytes: string | Buffer,
  { temporary, mode }: { temporary: string; mode: number },
): Promise<void> {
  const write = (): Promise<void> => writeFile(temporary, bytes, { flag: "wx", mode, flush: true });
  try {
    await write().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      await mkdir(dirname(path), { recursive: true });
      await write();
    });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
