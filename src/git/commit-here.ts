/** Is a commit of this id here? Ids come from events, and anybody may name a blob, or nothing at all. */
import { isFailure } from "../errors.ts";
import type { LineRepository } from "./line-repository.ts";

/** False where the line's repository has no such object, and where it is something else. */
export async function isCommitHere(line: LineRepository, id: string): Promise<boolean> {
  if (!(await line.objects.has(id))) return false;
  try {
    await line.objects.readCommit(id);
    return true;
  } catch (error) {
    if (isFailure(error, "object_missing")) return false;
    throw error;
  }
}
