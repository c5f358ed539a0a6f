/**
 * Which paths of a candidate are unsafe on a common file system (pure): what would become `.git`, climb out, or cannot
 * be created. Case, HFS+ (ignored characters), NTFS (trailing dots, streams, short names) forms are all seen.
 */

import { isDeviceName } from "./names.ts";
import { submoduleMode, symlinkMode } from "./tree.ts";

/** Characters that HFS+ leaves out when it compares names. */
const hfsIgnored = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;
/** Files whose content git itself acts on: as a symlink they would point it elsewhere. */
const actedOn = new Set([".gitmodules", ".gitattributes", ".gitignore", ".mailmap"]);

/** What is wrong with a path in a tree: `null`, or one sentence without the path. */
export function unsafePath(path: string): string | null {
  if (path === "" || path.startsWith("/")) return "is absolute or empty";
  if (path.includes("\ufffd")) return "is not valid UTF-8";
  if (/\p{Cc}/u.test(path)) return "has a control character";
  for (const part of path.split("/")) {
    const wrong = unsafePart(part);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** What is wrong with a file of this mode at this path: `null`, or one sentence without the path. */
export function unsafeMode(path: string, mode: string): string | null {
  const name = foldPart(path.split("/").pop() ?? "");
  if (mode === symlinkMode && actedOn.has(name)) return "is a symlink where git expects a file";
  if (mode !== symlinkMode && mode !== submoduleMode && !mode.startsWith("100"))
    return `has the unknown mode ${mode}`;
  return null;
}

function unsafePart(part: string): string | null {
  if (part === "") return "has an empty part";
  if (part === "." || part === "..") return `has the part "${part}"`;
  if (isDotGit(part)) return "has a part that is .git on some file system";
  if (part.includes("\\")) return "has a backslash, which is a separator on Windows";
  if (part.includes(":")) return 'has a ":", which names a stream or drive on Windows';
  if (/[. ]$/.test(part)) return "has a part that ends with a dot or space, which Windows drops";
  if (isDeviceName(part)) return "has a part that is a device name on Windows";
  if (Buffer.byteLength(part) > 255) return "has a part longer than 255 bytes";
  return null;
}

function isDotGit(part: string): boolean {
  const ntfs = (part.split(":", 1)[0] ?? "").replace(/[. ]+$/, "").toLowerCase();
  return foldPart(part) === ".git" || ntfs === ".git" || /^git~\d+$/.test(ntfs);
}

function foldPart(part: string): string {
  return part.replace(hfsIgnored, "").normalize("NFKC").toLowerCase();
}
