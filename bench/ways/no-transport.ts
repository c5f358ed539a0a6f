/**
 * The limit: merges, tree edits and objects alone, in one repository that has all branches, with no remote and no process
 * per landing: one `merge-tree --stdin` for all. Older git does not flush its answers, hence `stdbuf` (coreutils).
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { openBatchReader } from "../../src/git/batch-reader.ts";
import { findGit } from "../../src/git/find-git.ts";
import { openObjectStore } from "../../src/git/objects.ts";
import { createGit } from "../../src/git/run.ts";
import type { Place } from "../ground/place.ts";
import { snapshotOf, withDelivered, withoutItem } from "./books.ts";
import type { Way } from "./way.ts";

export type Limit = Way & { close(): Promise<void> };

/** Lands branches that lie in the bare repository at `directory`; nothing else may use it. */
export async function noTransport(place: Place, directory: string, main: string): Promise<Limit> {
  const git = createGit({ binary: await findGit(place.env), env: place.env });
  const reader = openBatchReader({ git, directory });
  const objects = openObjectStore({ directory, format: "sha1", reader });
  const merger = openMerger(place, directory);
  let tip = main;
  return {
    async land({ slug, sha }) {
      const mergeTree = await merger.merge(tip, sha);
      const who = { name: "Bench", email: "bench@example.org", seconds: 1_700_000_000, zone: "+0000" };
      const write = (tree: string, parents: string[], message: string) =>
        objects.writeCommit({ tree, parents, author: who, committer: who, message });
      const merge = await write(mergeTree, [tip, sha], `Merge ${slug}\n`);
      const entry = async (path: string) => (await objects.entryAt(mergeTree, path))?.id ?? "";
      const text = async (path: string) => (await objects.readBlob(await entry(path))).toString();
      const blob = async (content: string) => ({ mode: "100644", id: await objects.writeBlob(content) });
      const roadmap = withoutItem(await text("todos/roadmap.yaml"), slug);
      const row = { slug, date: "2026-11-22", commit: merge };
      const delivered = withDelivered(await text("todos/delivered.yaml"), row);
      const demo = { mode: "100644", id: await entry(`todos/${slug}/demo.md`) };
      const edits = new Map([
        ["todos/roadmap.yaml", await blob(roadmap)],
        ["todos/delivered.yaml", await blob(delivered)],
        [`demos/${slug}/demo.md`, demo],
        [`demos/${slug}/snapshot.json`, await blob(snapshotOf(slug, merge))],
        [`todos/${slug}`, null],
      ]);
      tip = await write(await objects.editTree(mergeTree, edits), [merge], `Deliver ${slug}\n`);
      return { mergeTree };
    },
    async close() {
      await merger.close();
      await reader.close();
    },
  };
}

function openMerger(place: Place, directory: string) {
  let process: ChildProcessByStdio<Writable, Readable, null> | null = null;
  let answer = (_text: string): void => {};
  const start = () => {
    const args = ["-o0", "git", "merge-tree", "--write-tree", "--stdin"];
    const child = spawn("stdbuf", args, {
      cwd: directory,
      env: place.env,
      stdio: ["pipe", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      // One record: status, NUL, tree, NUL, nothing or messages, and a last NUL.
      if (!/^[01]\0[0-9a-f]{40,64}\0[\s\S]*\0$/.test(text)) return;
      const whole = text;
      text = "";
      answer(whole);
    });
    return child;
  };
  return {
    async merge(ours: string, theirs: string): Promise<string> {
      process ??= start();
      const asked = process;
      const text = await new Promise<string>((resolve) => {
        answer = resolve;
        asked.stdin.write(`${ours} ${theirs}\n`);
      });
      const [clean, tree] = text.split("\0");
      if (clean !== "1" || tree === undefined) throw new Error(`${theirs} does not merge cleanly`);
      return tree;
    },
    async close(): Promise<void> {
      if (process === null) return;
      const exit = once(process, "exit");
      process.stdin.end();
      await exit;
    },
  };
}
