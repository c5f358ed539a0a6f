/**
 * Objects of a repository, read through one long-lived process and written natively as loose objects: a commit, its
 * trees and blobs cost no process. Ids are git's own; a file appears whole (temporary name, then rename).
 *
 * Only for repositories of ours: nothing else collects garbage there. What an id names never changes, so what was read a
 * moment ago is not asked for again: one landing's trees and books are the next one's.
 */

import { createHash, randomBytes } from "node:crypto";
import { stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { deflate, deflateSync } from "node:zlib";
import { wallMs } from "../clock.ts";
import { diskFull, Failure } from "../errors.ts";
import type { BatchReader, ObjectKind } from "./batch-reader.ts";
import { type Commit, type NewCommit, parseCommit, serializeCommit } from "./commit.ts";
import { type EditTree, treeEditor } from "./edit-tree.ts";
import { openRecent } from "./recent.ts";
import { isSignedBy, signedCommit } from "./signed-commit.ts";
import type { SigningKey } from "./ssh-signature.ts";
import { parseTree, serializeTree, type TreeEntry } from "./tree.ts";
import { writeWhole } from "./write-whole.ts";

export type ObjectFormat = "sha1" | "sha256";

export type ObjectStore = {
  readonly format: ObjectFormat;
  has(id: string): Promise<boolean>;
  /** Throws Failure `object_missing` where there is no such commit; the same for trees and blobs. */
  readCommit(id: string): Promise<Commit>;
  readTree(id: string): Promise<readonly TreeEntry[]>;
  readBlob(id: string): Promise<Buffer>;
  /** Bytes of an object's content, `null` where it is missing. */
  size(id: string): Promise<number | null>;
  /** The entry at a path below a tree (`todos/a/demo.md`), `null` where there is none. */
  entryAt(rootTree: string, path: string): Promise<TreeEntry | null>;
  writeBlob(content: Buffer | string): Promise<string>;
  writeTree(entries: readonly TreeEntry[]): Promise<string>;
  /** Signed, where a key is given. */
  writeCommit(commit: NewCommit, key?: SigningKey | null): Promise<string>;
  /** Is this commit signed by one of these keys (their public halves)? */
  isSigned(id: string, keys: readonly Buffer[]): Promise<boolean>;
  /** The root tree with `edits` applied; see edit-tree.ts. */
  editTree: EditTree;
};

/** Objects that are being written while the next ones are made: all of them are there once `settled` has resolved. */
export type GatheredObjects = ObjectStore & { settled(): Promise<void> };

const compress = promisify(deflate);
const smallBytes = 16 * 1024;
/** Entries of trees, commits, and bytes of blobs that are remembered: a few megabytes in all. */
const treeEntriesKept = 20_000;
const commitsKept = 500;
const blobBytesKept = 2_000_000;

/** The objects of the repository at `directory` (its git directory), read through `reader`. */
export function openObjectStore(options: {
  directory: string;
  format: ObjectFormat;
  reader: BatchReader;
}): ObjectStore & { gather(): GatheredObjects } {
  const { format, reader } = options;
  const folder = join(options.directory, "objects");
  const idBytes = format === "sha1" ? 20 : 32;
  const trees = openRecent<readonly TreeEntry[]>(treeEntriesKept);
  const commits = openRecent<Commit>(commitsKept);
  const blobs = openRecent<Buffer>(blobBytesKept);
  const emptyTree = emptyTreeId(format);
  /** What is on its way to the disk. */
  const unwritten = new Map<string, Promise<void>>();

  const content = async (id: string, kind: ObjectKind): Promise<Buffer> => {
    await unwritten.get(id);
    const found = await reader.read(id);
    if (found !== null && found.kind === kind) return found.content;
    const what = found === null ? "is missing" : `is a ${found.kind}, not a ${kind}`;
    throw new Failure({ code: "object_missing", kind: "failed", message: `object ${id} ${what}` });
  };
  const header = async (id: string) => {
    await unwritten.get(id);
    return reader.header(id);
  };
  const readTree = async (id: string): Promise<readonly TreeEntry[]> => {
    if (id === emptyTree) return [];
    const known = trees.get(id);
    if (known !== undefined) return known;
    const entries = parseTree(await content(id, "tree"), idBytes);
    trees.put(id, entries, entries.length);
    return entries;
  };
  const readCommit = async (id: string): Promise<Commit> => {
    const known = commits.get(id);
    if (known !== undefined) return known;
    const commit = parseCommit(id, await content(id, "commit"));
    if (commit.message.length < smallBytes) commits.put(id, commit, 1);
    return commit;
  };
  const readBlob = async (id: string): Promise<Buffer> => {
    const known = blobs.get(id);
    if (known !== undefined) return known;
    const bytes = await content(id, "blob");
    blobs.put(id, bytes, bytes.length);
    return bytes;
  };

  /** `stored` is given each object as it is on its way. */
  function writingTo(stored: (done: Promise<void>) => Promise<void>): ObjectStore {
    const write = async (kind: ObjectKind, bytes: Buffer): Promise<string> => {
      const whole = Buffer.concat([Buffer.from(`${kind} ${bytes.length}\0`, "latin1"), bytes]);
      const id = createHash(format).update(whole).digest("hex");
      const done = writeLoose(folder, id, whole).finally(() => unwritten.delete(id));
      unwritten.set(id, done);
      if (kind === "tree") {
        const entries = parseTree(bytes, idBytes);
        trees.put(id, entries, entries.length);
      }
      if (kind === "blob") blobs.put(id, bytes, bytes.length);
      await stored(done);
      return id;
    };
    const writeTree = (entries: readonly TreeEntry[]) => write("tree", serializeTree(entries));
    return {
      format,
      has: async (id) => (await header(id)) !== null,
      readCommit,
      readTree,
      readBlob,
      size: async (id) => (await header(id))?.bytes ?? null,
      entryAt: (rootTree, path) => entryAt(readTree, rootTree, path),
      writeBlob: (bytes) => write("blob", Buffer.from(bytes)),
      writeTree,
      writeCommit: (commit, key = null) => {
        const bytes = serializeCommit(commit);
        return write("commit", key === null ? bytes : signedCommit(bytes, format, key));
      },
      isSigned: async (id, keys) => isSignedBy(await content(id, "commit"), format, keys),
      editTree: treeEditor({ readTree, writeTree }),
    };
  }

  return {
    ...writingTo((done) => done),
    gather() {
      const all: Promise<void>[] = [];
      const store = writingTo(async (done) => {
        // Whoever waits until all is settled hears of it.
        done.catch(() => {});
        all.push(done);
      });
      return {
        ...store,
        async settled() {
          await Promise.all(all);
        },
      };
    },
  };
}

/** The id of the tree without entries; git knows it even where it was never written. */
export function emptyTreeId(format: ObjectFormat): string {
  return createHash(format).update("tree 0\0").digest("hex");
}

async function entryAt(
  readTree: ObjectStore["readTree"],
  rootTree: string,
  path: string,
): Promise<TreeEntry | null> {
  let entry: TreeEntry | null = { mode: "40000", name: "", id: rootTree };
  for (const part of path.split("/")) {
    if (entry?.mode !== "40000") return null;
    entry = (await readTree(entry.id)).find((each) => each.name === part) ?? null;
  }
  return entry;
}

/**
 * Already here: seen again today, so that a collection under way keeps it. An empty file is none: what a broken disk
 * left of an object is written anew.
 */
async function isHere(path: string): Promise<boolean> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size === 0) return false;
  const seconds = wallMs() / 1000;
  return utimes(path, seconds, seconds).then(
    () => true,
    () => false,
  );
}

async function writeLoose(folder: string, id: string, whole: Buffer): Promise<void> {
  const directory = join(folder, id.slice(0, 2));
  const path = join(directory, id.slice(2));
  if (await isHere(path)) return;
  // A small one is compressed in less time than another thread is asked.
  const packed =
    whole.length < smallBytes ? deflateSync(whole, { level: 1 }) : await compress(whole, { level: 1 });
  // git's own name for unfinished objects, so that its gc removes what a crash leaves.
  const temporary = join(directory, `tmp_obj_${randomBytes(6).toString("hex")}`);
  await writeWhole(path, packed, { temporary, mode: 0o444 }).catch((cause: unknown) => {
    throw (
      diskFull(cause) ??
      new Failure({
        code: "object_not_written",
        kind: "failed",
        message: `object ${id} could not be written`,
        cause,
      })
    );
  });
}
