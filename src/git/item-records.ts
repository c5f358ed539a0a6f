/**
 * The small JSON record of each open work item, kept in the clone as a blob at `refs/signalbox/items/<slug>`: what is
 * left to rebuild from when Redis came back empty. Never pushed, never in a checkout.
 */

import { badInput } from "../errors.ts";
import type { Clone } from "./clone.ts";
import { idOf } from "./history.ts";
import { checkSlug } from "./names.ts";
import type { Git } from "./run.ts";

export type ItemRecord = {
  slug: string;
  /** The blob's id: what a write or removal expects. */
  id: string;
  /** `undefined` where the blob is not JSON. */
  value: unknown;
};
export type RecordWrite = { kind: "written"; id: string } | { kind: "moved" };
type Where = Pick<Clone, "commonDir">;

const prefix = "refs/signalbox/items/";

/** All records of the clone, by slug. */
export async function readItemRecords(git: Git, clone: Where): Promise<Map<string, ItemRecord>> {
  return listRecords(git, clone, prefix);
}

/** One record, `null` where the item has none. Throws Failure `bad_slug`. */
export async function readItemRecord(git: Git, clone: Where, slug: string): Promise<ItemRecord | null> {
  return (await listRecords(git, clone, refOf(slug))).get(slug) ?? null;
}

/** Writes a record where it is still at `expected` (`null`: there is none yet). `moved`: read it again, and decide again. */
export async function writeItemRecord(
  git: Git,
  clone: Where,
  record: { slug: string; value: unknown; expected: string | null },
): Promise<RecordWrite> {
  const ref = refOf(record.slug);
  const stdin = `${JSON.stringify(record.value)}\n`;
  const hashed = await git.must(["hash-object", "-w", "--stdin", "--no-filters"], {
    cwd: clone.commonDir,
    stdin,
  });
  const id = idOf(hashed.stdout.toString("latin1").trim());
  // Of zeros: it must not exist.
  const expected = record.expected === null ? "0".repeat(id.length) : idOf(record.expected);
  const result = await git.run(["update-ref", "--no-deref", ref, id, expected], { cwd: clone.commonDir });
  return result.code === 0 ? { kind: "written", id } : { kind: "moved" };
}

/** Removes a record that is still at `expected`; `moved` where it is not. One that is gone counts as removed. */
export async function removeItemRecord(
  git: Git,
  clone: Where,
  slug: string,
  expected: string,
): Promise<{ kind: "removed" } | { kind: "moved" }> {
  const args = ["update-ref", "--no-deref", "-d", refOf(slug), idOf(expected)];
  const result = await git.run(args, { cwd: clone.commonDir });
  if (result.code === 0 || (await readItemRecord(git, clone, slug)) === null) return { kind: "removed" };
  return { kind: "moved" };
}

async function listRecords(git: Git, clone: Where, pattern: string): Promise<Map<string, ItemRecord>> {
  const format = "%(refname)%00%(objectname)%00%(objecttype)%00%(raw)%00";
  const result = await git.must(["for-each-ref", `--format=${format}`, pattern], { cwd: clone.commonDir });
  const fields = result.stdout.toString("utf8").split("\0");
  const records = new Map<string, ItemRecord>();
  for (let at = 0; at + 3 < fields.length; at += 4) {
    const slug = (fields[at] ?? "").trimStart().slice(prefix.length);
    if (checkSlug(slug) !== null || fields[at + 2] !== "blob") continue;
    records.set(slug, { slug, id: fields[at + 1] ?? "", value: parseJson(fields[at + 3] ?? "") });
  }
  return records;
}

function refOf(slug: string): string {
  const wrong = checkSlug(slug);
  if (wrong !== null) throw badInput("bad_slug", wrong);
  return `${prefix}${slug}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
