/**
 * Writes the files for coding agents into the checkout where it was asked for. Nobody's words are lost: of a file that
 * is there only our marked block is touched, and a file of ours that was changed by hand stays as it is.
 */
import { lstat, mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { Failure } from "../../../errors.ts";
import { type AgentFile, agentFiles, withBlock } from "./texts.ts";

export type WrittenFile = { file: string; change: "written" | "updated" | "kept"; why: string | null };

/** Brings the files below `root` up to date; a second time nothing changes. Throws `agent_file_not_written`. */
export async function writeAgentFiles(root: string, main: string): Promise<WrittenFile[]> {
  const done: WrittenFile[] = [];
  const seen = new Set<string>();
  for (const file of agentFiles(main)) {
    const real = await realPlace(root, file.path);
    // One of them is often a link to another: then it has its words already.
    const twin = real.kind === "inside" && seen.has(real.path);
    if (real.kind === "inside") seen.add(real.path);
    if (twin) done.push({ file: file.path, change: "kept", why: "it is a link to a file that has them" });
    else if (real.kind === "outside")
      done.push({ file: file.path, change: "kept", why: "it leads out of the repository" });
    else done.push(await bringUpToDate(file, real.path));
  }
  return done;
}

async function bringUpToDate(file: AgentFile, path: string): Promise<WrittenFile> {
  const before = await textOf(path);
  if (before === "unreadable") return kept(file, "it is no file that can be read");
  const after = file.kind === "own" ? (before ?? file.text) : withBlock(before, file.text);
  if (after === null) return kept(file, "one of the block's two markers is missing");
  if (after === before)
    return kept(file, file.kind === "own" && before !== file.text ? "it was changed by hand" : null);
  await replace(path, after).catch((cause: unknown) => {
    throw new Failure({
      code: "agent_file_not_written",
      kind: "failed",
      message: `${file.path} cannot be written.`,
      cause,
    });
  });
  return { file: file.path, change: before === null ? "written" : "updated", why: null };
}

function kept({ path }: AgentFile, why: string | null): WrittenFile {
  return { file: path, change: "kept", why };
}

/** Null: there is none. */
async function textOf(path: string): Promise<string | null | "unreadable"> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" ? null : "unreadable",
  );
}

/** A reader sees the old text or the new one, never half of it. */
async function replace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const mode = await lstat(path).then(
    (found) => found.mode & 0o777,
    () => 0o644,
  );
  const temporary = `${path}.signalbox-${process.pid}`;
  try {
    await writeFile(temporary, text, { flag: "wx", mode });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Where the file lies when every link on the way is followed: a link must not lead us out of the checkout. */
async function realPlace(
  root: string,
  path: string,
): Promise<{ kind: "inside"; path: string } | { kind: "outside" }> {
  const top = await realpath(root);
  let place = top;
  for (const part of path.split("/")) {
    const next = join(place, part);
    const isThere = await lstat(next).then(
      () => true,
      () => false,
    );
    const real = isThere ? await realpath(next).catch(() => null) : next;
    if (real === null || !real.startsWith(top + sep)) return { kind: "outside" };
    place = real;
  }
  return { kind: "inside", path: place };
}
