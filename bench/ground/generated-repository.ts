/**
 * A bare repository of any size, made by one `git fast-import`: a main with so many files, a roadmap and work items, and
 * branches that each change one file and add one. Always the same, so that several ways can land the same branches.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Place } from "./place.ts";

export type RepositorySize = {
  files: number;
  /** Branches `item-0`, `item-1`, …, each one commit on main's first. */
  branches: number;
  /** How many of them are work items: in the roadmap, with a folder of their own and a demo. */
  items: number;
  /** Branches besides, which nobody lands. */
  bystanders?: number;
};

export type Candidate = { slug: string; branch: string; sha: string };

export type Generated = { directory: string; main: string; candidates: Candidate[] };

/** Makes it at `<place>/<name>`. */
export async function generateRepository(
  place: Place,
  name: string,
  size: RepositorySize,
): Promise<Generated> {
  const directory = join(place.directory, name);
  await mkdir(directory);
  await place.git(place.directory, ["init", "--quiet", "--bare", "--initial-branch=main", directory]);
  // No collection in the middle of a measurement: the same for every way.
  await place.git(directory, ["config", "gc.auto", "0"]);
  await importAll(place, directory, size);
  await place.git(directory, ["pack-refs", "--all"]);
  const listed = await place.git(directory, ["for-each-ref", "--format=%(refname:short) %(objectname)"]);
  const shas = new Map(
    listed.split("\n").map((line) => [line.split(" ")[0] ?? "", line.split(" ")[1] ?? ""]),
  );
  const candidates = Array.from({ length: size.branches }, (_, at) => ({
    slug: slugOf(at),
    branch: slugOf(at),
    sha: shas.get(slugOf(at)) ?? "",
  }));
  return { directory, main: shas.get("main") ?? "", candidates };
}

async function importAll(place: Place, directory: string, size: RepositorySize): Promise<void> {
  const child = spawn("git", ["fast-import", "--quiet"], {
    cwd: directory,
    env: place.env,
    stdio: ["pipe", "ignore", "inherit"],
  });
  const exit = once(child, "exit");
  await pipeline(Readable.from(commands(size)), child.stdin);
  const [code] = await exit;
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}

function* commands(size: RepositorySize): Generator<string> {
  yield commit("refs/heads/main", "Begin", 1, "mark :1\n");
  yield inline("README.md", "# Generated\n");
  for (let at = 0; at < size.files; at++) yield inline(pathOf(at), contentOf(at));
  const items = Array.from({ length: size.items }, (_, at) => slugOf(at));
  yield inline("todos/roadmap.yaml", roadmapOf(items));
  yield inline("todos/delivered.yaml", "# What was delivered, newest first.\n");
  for (const slug of items) {
    yield inline(`todos/${slug}/requirements.md`, `# ${slug}\n\nIt shall be there.\n`);
    yield inline(`todos/${slug}/demo.md`, `# Demo: ${slug}\n\nLook at it.\n`);
  }
  for (let at = 0; at < size.branches; at++) {
    yield commit(`refs/heads/${slugOf(at)}`, `Work on ${slugOf(at)}`, 2 + at);
    yield "from :1\n";
    if (at < size.files) yield inline(pathOf(at), `${contentOf(at)}changed by ${slugOf(at)}\n`);
    yield inline(`features/${at % 100}/${slugOf(at)}.txt`, `${slugOf(at)}\n`);
  }
  for (let at = 0; at < (size.bystanders ?? 0); at++) {
    yield commit(`refs/heads/bystander-${at}`, `Bystander ${at}`, 2 + at);
    yield "from :1\n";
    yield inline("bystander.txt", `${at}\n`);
  }
}

export function slugOf(at: number): string {
  return `item-${at}`;
}

function commit(ref: string, subject: string, seconds: number, mark = ""): string {
  const who = `Ada Worker <ada@example.org> ${1_700_000_000 + seconds} +0000`;
  return `commit ${ref}\n${mark}author ${who}\ncommitter ${who}\n${literal(`${subject}\n`)}`;
}

function inline(path: string, content: string): string {
  return `M 100644 inline ${path}\n${literal(content)}`;
}

function literal(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

/** Three levels with at most a hundred names each: the shape of a large project. */
function pathOf(at: number): string {
  return `src/part-${Math.floor(at / 2500)}/unit-${Math.floor(at / 50) % 50}/file-${at}.ts`;
}

function contentOf(at: number): string {
  return Array.from({ length: 20 }, (_, line) => `export const value${line} = ${at * 31 + line};\n`).join("");
}

function roadmapOf(slugs: readonly string[]): string {
  return `# What we do next, in order\n${slugs.map((slug) => `- slug: ${slug}\n  title: The ${slug}\n`).join("")}`;
}
