/** Cuts the output of `git cat-file --batch-command` into answers (pure but for the bytes it still holds). */

import type { ObjectKind } from "./batch-reader.ts";

export type Frame = { kind: "missing" } | { kind: ObjectKind; id: string; bytes: number; content: Buffer };

/** A function that takes the next bytes and gives the answers they complete; `withContent` says whether the next answer carries the object. */
export function createFramer(): (chunk: Buffer, withContent: () => boolean) => Iterable<Frame> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** Do not join chunks before so many bytes are there: a large object is joined once. */
  let needed = 0;
  return function* frames(chunk, withContent) {
    held.push(chunk);
    heldBytes += chunk.length;
    while (heldBytes > 0 && heldBytes >= needed) {
      const all = held.length === 1 ? (held[0] ?? chunk) : Buffer.concat(held);
      held = [all];
      const cut = cutFrame(all, withContent());
      if (typeof cut === "number") {
        needed = cut;
        return;
      }
      held = [all.subarray(cut.end)];
      heldBytes = all.length - cut.end;
      needed = 0;
      yield cut.frame;
    }
  };
}

/** The first answer in `bytes`, or how many bytes it needs at least. */
function cutFrame(bytes: Buffer, withContent: boolean): { frame: Frame; end: number } | number {
  const lineEnd = bytes.indexOf(10);
  if (lineEnd < 0) return bytes.length + 1;
  const line = bytes.toString("utf8", 0, lineEnd);
  const match = /^([0-9a-f]{40,64}) (commit|tree|blob|tag) (\d+)$/.exec(line);
  // `<name> missing`, `<name> ambiguous`: there is no such object.
  if (match === null) return { frame: { kind: "missing" }, end: lineEnd + 1 };
  const size = Number(match[3]);
  const contentEnd = withContent ? lineEnd + 1 + size + 1 : lineEnd + 1;
  if (bytes.length < contentEnd) return contentEnd;
  const content = withContent ? bytes.subarray(lineEnd + 1, contentEnd - 1) : Buffer.alloc(0);
  return { frame: { kind: kindOf(match[2]), id: match[1] ?? "", bytes: size, content }, end: contentEnd };
}

function kindOf(text: string | undefined): ObjectKind {
  return text === "commit" || text === "tree" || text === "tag" ? text : "blob";
}
