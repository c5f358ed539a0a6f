/**
 * Refs of the line's own repository read as files, for a look that should cost no process. Only there is it exact: its
 * refs are files, since we create it so, and each holds an id.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkSha } from "./names.ts";

/**
 * The ids of these full refs in the bare repository at `directory`; those it has not are not in the map. Null where
 * files alone do not say it (somebody has packed the refs, or written something else there): then git must be asked.
 */
export async function readLooseRefs(
  directory: string,
  refs: readonly string[],
): Promise<Map<string, string> | null> {
  const texts = await Promise.all(refs.map((ref) => textAt(join(directory, ...ref.split("/")))));
  const found = new Map<string, string>();
  for (const [index, ref] of refs.entries()) {
    const id = texts[index]?.trim();
    if (id === undefined) continue;
    if (checkSha(id) !== null) return null;
    found.set(ref, id);
  }
  if (found.size === refs.length) return found;
  // Looked for after the loose ones: git writes the packed file before it removes them.
  return (await textAt(join(directory, "packed-refs"))) === undefined ? found : null;
}

/** Undefined where there is no such file; an empty text, which no ref is, for whatever cannot be read. */
async function textAt(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" || error.code === "ENOTDIR" ? undefined : "",
  );
}
