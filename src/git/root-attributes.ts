/** A bare merge ignores attributes: those of main's own root are given to it, so that `merge=union` and the like hold. */
import type { ObjectStore } from "./objects.ts";

/** The text of a commit's `.gitattributes`, null where it has none. */
export async function attributesOf(
  { objects }: { objects: Pick<ObjectStore, "readCommit" | "entryAt" | "readBlob"> },
  commit: string,
): Promise<string | null> {
  const { tree } = await objects.readCommit(commit);
  const entry = await objects.entryAt(tree, ".gitattributes");
  if (entry === null || !entry.mode.startsWith("100")) return null;
  return (await objects.readBlob(entry.id)).toString("utf8");
}
