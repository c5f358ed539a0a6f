/** Git's tree objects: bytes to entries and back, in git's order (pure). Names are bytes; they need not be UTF-8. */

export type TreeEntry = {
  /** `100644`, `100755`, `120000` (symlink), `160000` (submodule), `40000` (folder). */
  mode: string;
  /** For people and for comparing with names of ours; lossy where the bytes are not UTF-8. */
  name: string;
  /** What is written; absent in entries of ours. */
  rawName?: Buffer;
  id: string;
};

export const folderMode = "40000";
export const submoduleMode = "160000";
export const symlinkMode = "120000";

/** The entries of a tree object whose ids have `idBytes` bytes (20 or 32). Throws on bytes that are no tree. */
export function parseTree(content: Buffer, idBytes: number): TreeEntry[] {
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(32, at);
    const nul = content.indexOf(0, space);
    const next = nul + 1 + idBytes;
    if (space < 0 || nul < 0 || next > content.length) throw new Error("not a tree object");
    const rawName = content.subarray(space + 1, nul);
    entries.push({
      mode: content.toString("latin1", at, space),
      name: rawName.toString("utf8"),
      rawName,
      id: content.toString("hex", nul + 1, next),
    });
    at = next;
  }
  return entries;
}

/** The tree object of `entries`, sorted as git sorts (a folder as if its name ended with "/"). Throws on two of one name. */
export function serializeTree(entries: readonly TreeEntry[]): Buffer {
  const named = entries.map((entry) => {
    const raw = rawNameOf(entry);
    return { entry, raw, key: entry.mode === folderMode ? Buffer.concat([raw, Buffer.from("/")]) : raw };
  });
  named.sort((a, b) => Buffer.compare(a.key, b.key));
  const seen = new Set(named.map(({ raw }) => raw.toString("latin1")));
  if (seen.size !== named.length) throw new Error("a tree cannot have two entries of one name");
  return Buffer.concat(
    named.flatMap(({ entry, raw }) => [
      Buffer.from(`${entry.mode} `, "latin1"),
      raw,
      Buffer.from([0]),
      Buffer.from(entry.id, "hex"),
    ]),
  );
}

/** The bytes of an entry's name. */
export function rawNameOf(entry: TreeEntry): Buffer {
  return entry.rawName ?? Buffer.from(entry.name, "utf8");
}
