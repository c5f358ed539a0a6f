/**
 * Edits a tree along the edited paths only: cost follows the change, not the repository. A folder that loses its last
 * entry goes; a file in the way of a folder (or the other way round) is replaced; untouched subtrees keep their ids.
 */

import { folderMode, rawNameOf, type TreeEntry } from "./tree.ts";

/** What shall stand at a path; `null` removes it (a whole folder too). */
export type TreeEdit = { mode: string; id: string } | null;
export type EditTree = (rootTree: string, edits: ReadonlyMap<string, TreeEdit>) => Promise<string>;

type TreeAccess = {
  readTree(id: string): Promise<readonly TreeEntry[]>;
  writeTree(entries: readonly TreeEntry[]): Promise<string>;
};

/** Edits over `store`. Throws a TypeError for a path that git would refuse (`..`, `.git`, empty parts). */
export function treeEditor(store: TreeAccess): EditTree {
  const editEntries = async (
    entries: readonly TreeEntry[],
    edits: ReadonlyMap<string, TreeEdit>,
  ): Promise<TreeEntry[] | null> => {
    const byName = new Map(entries.map((entry) => [keyOf(rawNameOf(entry)), entry]));
    let changed = false;
    for (const [name, group] of groupByFirstPart(edits)) {
      const key = keyOf(Buffer.from(name, "utf8"));
      const before = byName.get(key) ?? null;
      const after = await editOne(name, before, group);
      if (after?.id === before?.id && after?.mode === before?.mode) continue;
      changed = true;
      if (after === null) byName.delete(key);
      else byName.set(key, after);
    }
    return changed ? [...byName.values()] : null;
  };
  const editOne = async (name: string, before: TreeEntry | null, group: Group): Promise<TreeEntry | null> => {
    const start = group.here === undefined ? before : group.here === null ? null : { ...group.here, name };
    if (group.below.size === 0) return start;
    const isFolder = start?.mode === folderMode;
    const inside = isFolder ? await store.readTree(start.id) : [];
    const entries = await editEntries(inside, group.below);
    if (entries === null) return start;
    if (entries.length === 0) return null;
    const id = await store.writeTree(entries);
    return start !== null && isFolder ? { ...start, id } : { mode: folderMode, name, id };
  };
  return async (rootTree, edits) => {
    for (const path of edits.keys()) checkEditPath(path);
    const entries = await editEntries(await store.readTree(rootTree), edits);
    return entries === null ? rootTree : store.writeTree(entries);
  };
}

type Group = { here?: TreeEdit; below: Map<string, TreeEdit> };

function groupByFirstPart(edits: ReadonlyMap<string, TreeEdit>): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const [path, edit] of edits) {
    const slash = path.indexOf("/");
    const name = slash < 0 ? path : path.slice(0, slash);
    const group = groups.get(name) ?? emptyGroup();
    if (slash < 0) group.here = edit;
    else group.below.set(path.slice(slash + 1), edit);
    groups.set(name, group);
  }
  return groups;
}

function emptyGroup(): Group {
  return { below: new Map() };
}

/** Names are compared as bytes: two that are not UTF-8 may look the same. */
function keyOf(rawName: Buffer): string {
  return rawName.toString("latin1");
}

function checkEditPath(path: string): void {
  const parts = path.split("/");
  const bad = parts.some(
    (part) => part === "" || part === "." || part === ".." || /^\.git$/i.test(part) || part.includes("\0"),
  );
  if (bad) throw new TypeError(`not a path inside a tree: ${JSON.stringify(path)}`);
}
