/** Reads what `git merge-tree --write-tree --stdin --no-messages` says about many merges in a row (pure). */
import { checkSha } from "./names.ts";

export type Remerged =
  | { kind: "clean"; tree: string }
  /** `submodulesOnly`: git could only not choose between commits of submodules, which it has not. */
  | { kind: "conflicted"; paths: string[]; submodulesOnly: boolean };

const stagedFile = /^(\d{6}) [0-9a-f]{40,64} [123]\t(.*)$/s;
const submodule = "160000";

/** The answers of a stream, in order; null where it is not what it should be. */
export function parseMergeStream(stream: Buffer): Remerged[] | null {
  const fields = stream.toString("utf8").split("\0");
  const answers: Remerged[] = [];
  let at = 0;
  // The last field is what follows the last end: nothing. It ends no answer.
  while (at < fields.length - 1) {
    const status = fields[at]?.trim() ?? "";
    const tree = fields[at + 1] ?? "";
    const end = fields.indexOf("", at + 2);
    if (!/^[01]$/.test(status) || checkSha(tree) !== null || end < 0 || end >= fields.length - 1) return null;
    answers.push(status === "1" ? { kind: "clean", tree } : conflictOf(fields.slice(at + 2, end)));
    at = end + 1;
  }
  return answers;
}

function conflictOf(files: readonly string[]): Remerged {
  const staged = files.map((file) => stagedFile.exec(file)).filter((match) => match !== null);
  const paths = [...new Set(staged.map(([, , path = ""]) => path))];
  const submodulesOnly = staged.length > 0 && staged.every(([, mode]) => mode === submodule);
  return { kind: "conflicted", paths, submodulesOnly };
}
