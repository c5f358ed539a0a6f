/** Git's commit objects: bytes to values and back, trailers included (pure). */
import { Failure } from "../errors.ts";

export type Signature = {
  name: string;
  email: string;
  /** Seconds since the epoch. */
  seconds: number;
  /** `+0000`. */
  zone: string;
};
export type Trailer = { key: string; value: string };
export type NewCommit = {
  tree: string;
  parents: readonly string[];
  author: Signature;
  committer: Signature;
  message: string;
};
export type Commit = NewCommit & { id: string; trailers: Trailer[] };

const trailerPattern = /^([A-Za-z0-9][A-Za-z0-9-]*)[ \t]*:[ \t]*(.*)$/;

/** The commit in an object's bytes. A strange signature line becomes empty fields; without a tree it is none: `object_missing`. */
export function parseCommit(id: string, content: Buffer): Commit {
  const split = content.indexOf("\n\n");
  const head = content.toString("utf8", 0, split < 0 ? content.length : split);
  // A header may go on over lines that begin with a space (gpgsig, mergetag).
  const headers = head.replace(/\n /g, "\u0000").split("\n");
  const headerOf = (name: string): string | null =>
    headers.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? null;
  const tree = headerOf("tree");
  if (tree === null)
    throw new Failure({ code: "object_missing", kind: "failed", message: `object ${id} is not a commit` });
  const message = split < 0 ? "" : decode(content.subarray(split + 2), headerOf("encoding"));
  return {
    id,
    tree,
    parents: headers.filter((line) => line.startsWith("parent ")).map((line) => line.slice(7)),
    author: parseSignature(headerOf("author") ?? ""),
    committer: parseSignature(headerOf("committer") ?? ""),
    message,
    trailers: parseTrailers(message),
  };
}

/** The bytes of a commit object. Names and emails lose what would break the line; the message ends with one line end. */
export function serializeCommit(commit: NewCommit): Buffer {
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${formatSignature(commit.author)}`,
    `committer ${formatSignature(commit.committer)}`,
  ];
  const message = commit.message.replace(/\0/g, "").replace(/\n*$/, "\n");
  return Buffer.from(`${lines.join("\n")}\n\n${message}`, "utf8");
}

/**
 * The trailers of a message: its last paragraph (never the first), where every line is `Key: value` or goes on with a
 * space. Stricter than git, which also takes mixed paragraphs: what counts as landed must not be guessed.
 */
export function parseTrailers(message: string): Trailer[] {
  const paragraphs = message
    .replace(/\r\n/g, "\n")
    .trimEnd()
    .split(/\n[ \t]*\n/);
  const last = paragraphs.length > 1 ? (paragraphs.at(-1) ?? "") : "";
  const trailers: Trailer[] = [];
  for (const line of last.split("\n").filter((each) => each !== "")) {
    const match = trailerPattern.exec(line);
    const before = trailers.at(-1);
    if (match !== null) trailers.push({ key: match[1] ?? "", value: (match[2] ?? "").trim() });
    else if (/^[ \t]/.test(line) && before) before.value = `${before.value} ${line.trim()}`;
    else return [];
  }
  return trailers;
}

/** The value of the last trailer of that name, whatever the case; `null` where there is none. */
export function trailerValue(trailers: readonly Trailer[], key: string): string | null {
  return trailers.findLast((trailer) => trailer.key.toLowerCase() === key.toLowerCase())?.value ?? null;
}

function parseSignature(line: string): Signature {
  const match = /^(.*?) ?<([^>]*)> ?(-?\d+)? ?([+-]\d{4})?/s.exec(line);
  return {
    name: match?.[1] ?? "",
    email: match?.[2] ?? "",
    seconds: Number(match?.[3] ?? 0),
    zone: match?.[4] ?? "+0000",
  };
}

function formatSignature(signature: Signature): string {
  const clean = (text: string): string =>
    text.replace(/[<>\n\r\0]/g, "").replace(/^[\s.,:;"'\\]+|[\s.,:;"'\\]+$/g, "");
  const zone = /^[+-]\d{4}$/.test(signature.zone) ? signature.zone : "+0000";
  return `${clean(signature.name) || "unknown"} <${clean(signature.email)}> ${Math.trunc(signature.seconds)} ${zone}`;
}

function decode(bytes: Buffer, encoding: string | null): string {
  if (encoding === null || /^utf-?8$/i.test(encoding)) return bytes.toString("utf8");
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    return bytes.toString("latin1");
  }
}
