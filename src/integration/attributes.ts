/** A bare merge ignores attributes: those of main's own root are given to it, so that `merge=union` and the like hold. */
import type { LineRepository } from "../git/line-repository.ts";

/** The text of a commit's `.gitattributes`, null where it has none. */
export async function attributesOf(line: LineRepository, commit: string): Promise<string | null> {
  const { tree } = await line.objects.readCommit(commit);
  const entry = await line.objects.entryAt(tree, ".gitattributes");
  if (entry === null || !entry.mode.startsWith("100")) return null;
  return (await line.objects.readBlob(entry.id)).toString("utf8");
}
