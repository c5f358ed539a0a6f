/** Pure. Addresses at the forge, from the board's templates; whatever is not what it should be gives none. */
import type { Board } from "./wire.ts";

type Links = Board["links"];

/** Where a commit is shown. */
export function commitHref(links: Links, sha: string): string | null {
  return /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(sha) ? filled(links?.commit, "{sha}", sha) : null;
}

/** Where a branch is shown. */
export function branchHref(links: Links, branch: string): string | null {
  const segments = branch.split("/");
  // A browser would take these out of the address, and lead elsewhere.
  if (segments.some((each) => each === "" || each === "." || each === "..")) return null;
  return filled(links?.branch, "{branch}", segments.map(encodeURIComponent).join("/"));
}

function filled(template: string | undefined, place: string, text: string): string | null {
  const href = template?.replace(place, () => text) ?? "";
  return href.startsWith("https://") && URL.canParse(href) ? href : null;
}
