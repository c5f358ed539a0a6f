/** Names as they come in: checked before anything is opened or asked. */
import { badInput } from "../../errors.ts";
import { checkBranch, checkSlug } from "../../git/names.ts";

/** The slug, or a `bad_slug` Failure that says what is wrong with it. */
export function slugAtDoor(slug: string): string {
  const wrong = checkSlug(slug);
  if (wrong === null) return slug;
  throw badInput("bad_slug", upperFirst(`${wrong}.`), { problems: [{ path: "slug", message: wrong }] });
}

/** The branch, or a `bad_branch` Failure. `main` is what it must not be. */
export function branchAtDoor(branch: string, main: string, remote: string): string {
  const wrong = checkBranch(branch, main, remote);
  if (wrong === null) return branch;
  throw badInput("bad_branch", upperFirst(`${wrong}.`), { problems: [{ path: "branch", message: wrong }] });
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
