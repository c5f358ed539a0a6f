/**
 * Which names are allowed at the door, and how any name is shown. A check answers `null`, or one sentence of what is
 * wrong. Stricter than git on purpose: git's servers accept `--output=y`, right-to-left overrides and a branch called `HEAD`.
 */

import { createHash } from "node:crypto";

const slugPattern = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
const remotePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const shaPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/** Names a Windows file system keeps for itself, whatever follows a dot. */
const devicePattern = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i;
/** Control (C0, DEL, C1), format (bidi, zero-width, tags), line separators, lone surrogates, and everything drawn as nothing. */
const unseenPattern = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
const unseenEverywhere = new RegExp(unseenPattern.source, "gu");

/** A file system's limit is 255 bytes a name, and git adds `.lock`. */
const longestPart = 240;
const longestBranch = 512;
const longestRemote = 100;
const longestSlug = 64;

/** Whether `slug` may name a work item: `null`, or one sentence of what is wrong. */
export function checkSlug(slug: string): string | null {
  if (slug.length === 0) return "the slug is empty";
  if (slug.length > longestSlug) return `the slug has ${slug.length} characters, 64 are allowed`;
  if (!slugPattern.test(slug)) {
    return `the slug "${escapeForDisplay(slug)}" may have only a-z, 0-9 and inner "-"`;
  }
  if (devicePattern.test(slug)) return `the slug "${slug}" is a device name on Windows`;
  return null;
}

/**
 * Whether `name` may be a candidate's branch, where `main` is the canonical branch and `remote` the canonical remote:
 * `null`, or one sentence of what is wrong. Short names only (`feature/x`), never `refs/heads/feature/x`.
 */
export function checkBranch(name: string, main: string, remote = "origin"): string | null {
  const shown = `the branch "${escapeForDisplay(name.slice(0, 100))}"`;
  const form = checkBranchForm(name);
  if (form !== null) return name.length === 0 ? form : `${shown} ${form}`;
  if (name === main) return `${shown} is main itself`;
  if (name.startsWith(`${main}/`)) return `${shown} lies below main's own name`;
  if (name === `${remote}/${main}`) return `${shown} reads like main at the remote`;
  if (skeletonOf(name) === skeletonOf(main)) return `${shown} looks like main`;
  return null;
}

/** Whether `sha` is a full object id (40 or 64 lower-case hex, not all zero): `null`, or one sentence of what is wrong. */
export function checkSha(sha: string): string | null {
  if (!shaPattern.test(sha))
    return `"${escapeForDisplay(sha.slice(0, 80))}" is not a full commit id (40 or 64 lower-case hex)`;
  if (/^0+$/.test(sha)) return "the commit id is all zeros, which names nothing";
  return null;
}

/** Whether `name` may name a remote: `null`, or one sentence of what is wrong. */
export function checkRemoteName(name: string): string | null {
  const shown = `the remote name "${escapeForDisplay(name.slice(0, 100))}"`;
  if (name.length === 0) return "the remote name is empty";
  if (name.length > longestRemote) return `the remote name has ${name.length} characters, 100 are allowed`;
  if (!remotePattern.test(name))
    return `${shown} may have only letters, digits, ".", "_" and "-", and begins with a letter or digit`;
  if (name.includes("..") || name.endsWith(".") || name.endsWith(".lock"))
    return `${shown} is one git itself refuses`;
  return null;
}

/** Whether `ref` is a full ref name that git accepts (`refs/…`): `null`, or one sentence of what is wrong. */
export function checkFullRef(ref: string): string | null {
  if (!ref.startsWith("refs/"))
    return `the ref "${escapeForDisplay(ref.slice(0, 100))}" does not begin with "refs/"`;
  const wrong = checkRefForm(ref);
  return wrong === null ? null : `the ref "${escapeForDisplay(ref.slice(0, 100))}" ${wrong}`;
}

/**
 * The slug made from a branch name: lower case, every other character `-`. A name that is too long is cut and carries
 * a hash, one of which nothing remains is called by its hash, so two branches rarely share a slug. Always a valid slug.
 */
export function slugFromBranch(branch: string): string {
  const plain = trimDashes(branch.toLowerCase().replace(/[^a-z0-9]/gu, "-"));
  const hash = createHash("sha256").update(branch).digest("hex").slice(0, 6);
  if (plain.length === 0) return `branch-${hash}`;
  if (plain.length > longestSlug) return `${trimDashes(plain.slice(0, longestSlug - 7))}-${hash}`;
  return devicePattern.test(plain) ? `${plain}-${hash}` : plain;
}

/** `text` with everything that could fool a terminal or an eye (control, bidi, zero-width, C1) shown as `\u{..}`. */
export function escapeForDisplay(text: string): string {
  return text.replace(unseenEverywhere, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** As `escapeForDisplay`, for text of several lines: line ends and tabs stay. */
export function escapeLinesForDisplay(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.split("\t").map(escapeForDisplay).join("\t"))
    .join("\n");
}

/** Whether a path's part is a device name on Windows (`con`, `NUL.txt`). */
export function isDeviceName(part: string): boolean {
  return devicePattern.test((part.split(/[.:]/, 1)[0] ?? "").trimEnd());
}

function checkBranchForm(name: string): string | null {
  if (name.length === 0) return "the branch name is empty";
  if (name.startsWith("-")) return 'begins with "-", like an option';
  if (/^head$/i.test(name)) return "is called HEAD";
  if (/^refs\//i.test(name) || name === "refs") return 'begins with "refs/": give the short name';
  if (Buffer.byteLength(name) > longestBranch) return `is longer than ${longestBranch} bytes`;
  return checkRefForm(name);
}

/** The rules of `git check-ref-format`, and no character that is not seen. */
function checkRefForm(name: string): string | null {
  if (unseenPattern.test(name)) return "has a control, bidi or zero-width character";
  if (/[ ~^:?*[\\]/.test(name)) return "has a character git does not allow in refs (space ~ ^ : ? * [ \\)";
  if (name.includes("..")) return 'has ".."';
  if (name.includes("@{") || name === "@") return 'has "@{", or is "@"';
  if (name.endsWith(".")) return 'ends with "."';
  for (const part of name.split("/")) {
    if (part.length === 0) return 'has an empty part ("/" at an end, or "//")';
    if (part.startsWith(".")) return 'has a part that begins with "."';
    if (/\.lock$/i.test(part)) return 'has a part that ends with ".lock"';
    if (Buffer.byteLength(part) > longestPart) return `has a part longer than ${longestPart} bytes`;
  }
  return null;
}

function trimDashes(text: string): string {
  return text.replace(/^-+|-+$/g, "");
}

/** Letters of other scripts that are drawn as these Latin ones. Not complete: main's name is short, and a person reads on. */
const lookAlikes = new Map(
  Object.entries({
    a: "аɑα",
    b: "ЬвƄ",
    c: "сϲⅽ",
    d: "ԁⅾ",
    e: "еєҽ",
    g: "ɡց",
    h: "һհ",
    i: "іıɩιⅰ1l|",
    j: "јϳ",
    k: "кκ",
    m: "мⅿ",
    n: "ոռпη",
    o: "оοօ0",
    p: "рρ",
    q: "ԛգ",
    r: "гᴦ",
    s: "ѕꜱ",
    t: "тτ",
    u: "υսц",
    v: "ѵνⅴ",
    w: "ԝѡա",
    x: "хⅹ×",
    y: "уүγ",
    z: "ᴢ",
  }).flatMap(([latin, others]) => [...others].map((other) => [other, latin] as const)),
);

function skeletonOf(name: string): string {
  const folded = name.normalize("NFKC").toLowerCase();
  const base = folded.normalize("NFD").replace(/\p{M}/gu, "");
  return [...base].map((char) => lookAlikes.get(char) ?? char).join("");
}
