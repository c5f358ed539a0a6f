/** Reads what `git merge-tree --write-tree -z --messages` says about a conflicted merge (pure). */

import { submoduleMode, symlinkMode } from "./tree.ts";

export type ConflictKind =
  | "contents"
  | "add/add"
  | "binary"
  | "modify/delete"
  | "rename/delete"
  | "rename/rename"
  | "rename/add"
  | "file/directory"
  | "file_location"
  | "directory_rename"
  | "mode"
  | "symlink"
  | "submodule"
  | "other";

export type ConflictSide = { mode: string; id: string };
export type Conflict = {
  /** Where git left it in the tree; a name it had to invent (`fd~<side>`) is given by its real name. */
  path: string;
  kind: ConflictKind;
  base: ConflictSide | null;
  ours: ConflictSide | null;
  theirs: ConflictSide | null;
  /** What git says about it, all lines. */
  message: string;
};
export type MergeReport = { tree: string; conflicts: Conflict[] };

type Stages = { base: ConflictSide | null; ours: ConflictSide | null; theirs: ConflictSide | null };
type Message = { paths: string[]; type: string; text: string };

/** The most telling first: a path may have several. */
const kindsByType: readonly (readonly [pattern: RegExp, kind: ConflictKind])[] = [
  [/submodule/, "submodule"],
  [/file\/directory/, "file/directory"],
  [/rename\/rename/, "rename/rename"],
  [/rename\/delete/, "rename/delete"],
  [/rename involved in collision/, "rename/add"],
  [/directory rename suggested/, "file_location"],
  [/directory rename/, "directory_rename"],
  [/modify\/delete/, "modify/delete"],
  [/distinct (?:modes|types)/, "mode"],
  [/binary/, "binary"],
  [/contents|content|add\/add/, "contents"],
];

/** The tree and the conflicts of a report. Every conflict git names is there, also one without stages. */
export function parseMergeReport(report: Buffer): MergeReport {
  const fields = report.toString("utf8").split("\0");
  const tree = fields[0]?.trim() ?? "";
  const stages = new Map<string, Stages>();
  let at = 1;
  for (; at < fields.length && fields[at] !== ""; at += 1) addStage(stages, fields[at] ?? "");
  const messages = parseMessages(fields.slice(at + 1));
  return { tree, conflicts: joinConflicts(stages, messages) };
}

function addStage(stages: Map<string, Stages>, field: string): void {
  const match = /^(\d{6}) ([0-9a-f]{40,64}) ([123])\t(.*)$/s.exec(field);
  if (match === null) return;
  const path = match[4] ?? "";
  const entry = stages.get(path) ?? { base: null, ours: null, theirs: null };
  const side = { mode: match[1] ?? "", id: match[2] ?? "" };
  if (match[3] === "1") entry.base = side;
  else if (match[3] === "2") entry.ours = side;
  else entry.theirs = side;
  stages.set(path, entry);
}

/** Each message: how many paths, the paths, its type, its text. */
function parseMessages(fields: readonly string[]): Message[] {
  const messages: Message[] = [];
  let at = 0;
  while (at < fields.length && /^\d+$/.test(fields[at] ?? "")) {
    const count = Number(fields[at]);
    const paths = fields.slice(at + 1, at + 1 + count);
    messages.push({ paths, type: fields[at + 1 + count] ?? "", text: (fields[at + 2 + count] ?? "").trim() });
    at += count + 3;
  }
  return messages;
}

function joinConflicts(stages: ReadonlyMap<string, Stages>, messages: readonly Message[]): Conflict[] {
  const telling = messages.filter(
    (message) => /CONFLICT|ERROR/.test(message.type) || /^CONFLICT/.test(message.text),
  );
  const paths = new Set(stages.keys());
  for (const message of telling) {
    if (!message.paths.some((path) => paths.has(path)))
      for (const path of message.paths.slice(0, 1)) paths.add(path);
  }
  const byRealPath = new Map<string, Conflict>();
  for (const path of paths) {
    const about = telling.filter((message) => message.paths.includes(path));
    const sides = stages.get(path) ?? { base: null, ours: null, theirs: null };
    const real = realPath(path, about);
    // A file and a link of one name are put apart by git; for a person it is one conflict.
    const first = byRealPath.get(real);
    byRealPath.set(real, {
      path: real,
      kind: first?.kind ?? kindOf(about, sides),
      base: first?.base ?? sides.base,
      ours: first?.ours ?? sides.ours,
      theirs: first?.theirs ?? sides.theirs,
      message: first?.message ?? about.map((message) => message.text).join("\n"),
    });
  }
  return [...byRealPath.values()];
}

/** A file that had to make way for a folder is reported as `<path>~<side>`, with its own name beside it. */
function realPath(path: string, about: readonly Message[]): string {
  const moved = about.find((message) => /file\/directory|distinct (?:modes|types)/.test(message.type));
  const own = moved?.paths.find((other) => path.startsWith(`${other}~`));
  return own ?? path;
}

function kindOf(about: readonly Message[], sides: Stages): ConflictKind {
  const types = about.map((message) => message.type);
  const named = kindsByType.find(([pattern]) => types.some((type) => pattern.test(type)))?.[1] ?? "other";
  if (named !== "contents") return named;
  const modes = [sides.ours?.mode, sides.theirs?.mode];
  if (modes.includes(submoduleMode)) return "submodule";
  if (modes.includes(symlinkMode)) return "symlink";
  if (sides.ours !== null && sides.ours.id === sides.theirs?.id && sides.ours.mode !== sides.theirs.mode)
    return "mode";
  return sides.base === null ? "add/add" : "contents";
}
