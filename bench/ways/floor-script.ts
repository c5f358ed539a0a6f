/**
 * The floor: the least that short-lived plumbing can land a branch with. Fetch, `merge-tree`, one `fast-import` for merge
 * and bookkeeping, push, delete the branch: five processes, no checkout, no lease, no events, no second look.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { isoTime, wallMs } from "../../src/clock.ts";
import { snapshotOf, withDelivered, withoutItem } from "./books.ts";
import type { Ground, Site, Way } from "./way.ts";

/** Makes a bare repository of its own that lands branches of the remote. */
export async function floorScript(place: Ground, { directory, remote }: Site): Promise<Way> {
  await place.git(dirname(directory), ["init", "--quiet", "--bare", "--initial-branch=main", directory]);
  await place.git(directory, ["config", "gc.auto", "0"]);
  await place.git(directory, ["remote", "add", "origin", remote]);
  const git = async (...args: string[]) => (await place.git(directory, args)).trim();
  return {
    async land({ slug, branch }) {
      await git(
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "origin",
        "+refs/heads/main:refs/floor/main",
        `+refs/heads/${branch}:refs/floor/branch`,
      );
      const old = (await readFile(join(directory, "refs/floor/main"), "utf8")).trim();
      const mergeTree = await git("merge-tree", "--write-tree", "refs/floor/main", "refs/floor/branch");
      const main = await importLanding({ place, directory, slug, mergeTree });
      await git(
        "push",
        "--quiet",
        `--force-with-lease=refs/heads/main:${old}`,
        "origin",
        `${main}:refs/heads/main`,
      );
      await git("push", "--quiet", "origin", `:refs/heads/${branch}`);
      return { mergeTree };
    },
  };
}

type Import = { place: Ground; directory: string; slug: string; mergeTree: string };

/** Merge and delivery commit by one `fast-import`, which also answers what the books hold. */
async function importLanding({ place, directory, slug, mergeTree }: Import): Promise<string> {
  const child = spawn("git", ["fast-import", "--quiet", "--force", "--cat-blob-fd=1"], {
    cwd: directory,
    env: place.env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => (await lines.next()).value ?? "";
  const say = (text: string): void => void child.stdin.write(text);
  const who = `committer Bench <bench@example.org> ${Math.floor(wallMs() / 1000)} +0000\n`;
  say(`commit refs/floor/new\nmark :1\n${who}${literal(`Merge ${slug}\n`)}`);
  say(`from refs/floor/main^0\nmerge refs/floor/branch^0\nM 040000 ${mergeTree} ""\n\n`);
  say(`get-mark :1\ncommit refs/floor/new\nmark :2\n${who}${literal(`Deliver ${slug}\n`)}from :1\n`);
  const merge = await next();
  const books = ["todos/roadmap.yaml", "todos/delivered.yaml", `todos/${slug}/demo.md`];
  for (const path of books) say(`ls "${path}"\n`);
  const [roadmap = "", delivered = "", demo = ""] = [await next(), await next(), await next()].map(
    (line) => line.split(/[ \t]/)[2],
  );
  const read = async (id: string): Promise<string> => {
    say(`cat-blob ${id}\n`);
    const bytes = Number((await next()).split(" ")[2]);
    let text = "";
    while (Buffer.byteLength(text) < bytes) text += `${await next()}\n`;
    await next();
    return text;
  };
  say(inline("todos/roadmap.yaml", withoutItem(await read(roadmap), slug)));
  const date = isoTime(wallMs()).slice(0, 10);
  say(inline("todos/delivered.yaml", withDelivered(await read(delivered), { slug, date, commit: merge })));
  say(`M 100644 ${demo} demos/${slug}/demo.md\nD todos/${slug}\n`);
  say(inline(`demos/${slug}/snapshot.json`, snapshotOf(slug, merge)));
  say("\nget-mark :2\n");
  const main = await next();
  child.stdin.end();
  const [code] = await exit;
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
  return main;
}

function inline(path: string, content: string): string {
  return `M 100644 inline ${path}\n${literal(content)}`;
}

function literal(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}
