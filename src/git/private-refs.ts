/**
 * Private refs of the line's own repository, written and removed as files: two process starts less per delivery. Only
 * there is it allowed: the repository is ours, its refs are files (we create it so), and they are never packed.
 */

import { randomBytes } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { Failure } from "../errors.ts";
import type { BatchReader } from "./batch-reader.ts";
import { idOf } from "./history.ts";
import { checkFullRef, checkSha } from "./names.ts";
import type { Git } from "./run.ts";
import { writeWhole } from "./write-whole.ts";

export type PrivateRefs = {
  resolve(ref: string): Promise<string | null>;
  /** Sets a ref, whatever it was. Throws Failure `object_missing` where the object is not here. */
  set(ref: string, id: string): Promise<void>;
  drop(ref: string): Promise<void>;
  /** Drops refs whose names keep `refs` from being created. */
  dropInTheWay(refs: readonly string[]): Promise<void>;
  /** The refs below `prefix` (`refs/signalbox/kept`), by the rest of their names. */
  list(prefix: string): Promise<Map<string, string>>;
};

/** The private refs of the bare repository at `directory`. */
export function openPrivateRefs(options: { directory: string; git: Git; reader: BatchReader }): PrivateRefs {
  const { directory, git, reader } = options;
  const pathOf = (ref: string): string => {
    const wrong = checkFullRef(ref);
    if (wrong !== null) throw new TypeError(wrong);
    return join(directory, ...ref.split("/"));
  };
  const drop = async (ref: string): Promise<void> => {
    await rm(pathOf(ref), { force: true });
    // Still there: somebody packed it. Then git has to take it out.
    if ((await reader.header(ref)) !== null) await git.must(["update-ref", "-d", ref], { cwd: directory });
  };
  const list = async (prefix: string): Promise<Map<string, string>> => {
    const folder = pathOf(prefix);
    const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const refs = new Map<string, string>();
    for (const file of found) {
      if (!file.isFile() || file.name.endsWith(".lock")) continue;
      const path = join(file.parentPath, file.name);
      const id = (await readFile(path, "utf8").catch(() => "")).trim();
      if (checkSha(id) === null) refs.set(relative(folder, path).split(sep).join("/"), id);
    }
    return refs;
  };
  return {
    drop,
    list,
    resolve: async (ref) => {
      pathOf(ref);
      return (await reader.header(ref))?.id ?? null;
    },
    set: async (ref, id) => {
      const path = pathOf(ref);
      if ((await reader.header(idOf(id))) === null) {
        throw new Failure({
          code: "object_missing",
          kind: "failed",
          message: `object ${id} is missing, ${ref} not set`,
        });
      }
      await writeRef(path, id);
    },
    dropInTheWay: async (refs) => {
      const present = await list("refs/signalbox");
      for (const name of present.keys()) {
        const other = `refs/signalbox/${name}`;
        if (refs.some((ref) => ref.startsWith(`${other}/`) || other.startsWith(`${ref}/`))) await drop(other);
      }
      // An empty folder is in the way of a ref of its name; git removes those itself.
    },
  };
}

/** A name of its own, then rename: never a lock that a crash would leave, never half a ref. */
async function writeRef(path: string, id: string): Promise<void> {
  const temporary = join(dirname(path), `.${randomBytes(6).toString("hex")}.tmp`);
  await writeWhole(path, `${id}\n`, { temporary, mode: 0o600 });
}
