import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { openBatchReader } from "../../src/git/batch-reader.ts";
import { parseCommit, parseTrailers, serializeCommit, trailerValue } from "../../src/git/commit.ts";
import { emptyTreeId, type ObjectFormat, type ObjectStore, openObjectStore } from "../../src/git/objects.ts";
import { parseTree, serializeTree, type TreeEntry } from "../../src/git/tree.ts";
import { createGitWorld, type GitWorld } from "../world/git.ts";

const who = { name: "Ada Lovelace", email: "ada@example.org", seconds: 1_700_000_000, zone: "+0530" };

async function storeOf(world: GitWorld): Promise<{ store: ObjectStore; close: () => Promise<void> }> {
  const format: ObjectFormat =
    (await world.run(world.origin, "rev-parse", "--show-object-format")) === "sha256" ? "sha256" : "sha1";
  const reader = openBatchReader({ git: world.git, directory: world.origin });
  return { store: openObjectStore({ directory: world.origin, format, reader }), close: reader.close };
}

for (const format of ["sha1", "sha256"] as const) {
  test(`objects written natively are git's own, by id and to fsck (${format})`, async () => {
    await using world = await createGitWorld({ format });
    const { store, close } = await storeOf(world);
    const sizes = [0, 1, 100, 70_000, 10 * 1024 * 1024];
    const blobs = await Promise.all(sizes.map((size) => store.writeBlob(Buffer.alloc(size, "x\0y"))));
    for (const [index, id] of blobs.entries()) {
      const content = await world.git.must(["cat-file", "blob", id], { cwd: world.origin });
      assert.equal(content.stdout.length, sizes[index]);
      const hashed = await world.git.must(["hash-object", "--stdin"], {
        cwd: world.origin,
        stdin: content.stdout,
      });
      assert.equal(hashed.stdout.toString().trim(), id);
      assert.equal((await store.readBlob(id)).length, sizes[index]);
    }
    const [first = ""] = blobs;
    const folder = await store.writeTree([{ mode: "100755", name: "ü.sh", id: first }]);
    const names: [string, string, string][] = [
      ["a.c", "100644", first],
      ["a", "40000", folder],
      ["a-b", "120000", first],
      ["a0", "100644", first],
      ["z", "160000", "1".repeat(first.length)],
    ];
    const tree = await store.writeTree(names.map(([name, mode, id]) => ({ mode, name, id })));
    const listed = await world.run(world.origin, "ls-tree", "--name-only", tree);
    assert.deepEqual(listed.split("\n"), ["a-b", "a.c", "a", "a0", "z"]);
    const commit = await store.writeCommit({
      tree,
      parents: [],
      author: who,
      committer: who,
      message: "Hello\n\nBody ü\n\n",
    });
    const args = ["commit-tree", tree, "-m", "Hello", "-m", "Body ü"];
    const date = "1700000000 +0530";
    const env = {
      GIT_AUTHOR_NAME: who.name,
      GIT_AUTHOR_EMAIL: who.email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: who.name,
      GIT_COMMITTER_EMAIL: who.email,
      GIT_COMMITTER_DATE: date,
    };
    const same = await world.git.must(args, { cwd: world.origin, env });
    assert.equal(same.stdout.toString().trim(), commit);
    assert.equal(await world.run(world.origin, "fsck", "--strict", "--no-dangling"), "");
    assert.equal(await store.writeTree([]), emptyTreeId(format));
    await close();
  });
}

test("a missing or wrong object is a Failure with its code", async () => {
  await using world = await createGitWorld();
  const { store, close } = await storeOf(world);
  const blob = await store.writeBlob("x");
  await assert.rejects(store.readBlob("1".repeat(40)), { code: "object_missing" });
  await assert.rejects(store.readCommit(blob), { code: "object_missing" });
  assert.equal(await store.has("1".repeat(40)), false);
  assert.equal(await store.size(blob), 1);
  await close();
});

test("the reader answers many at once, in any size, and comes back when its process is killed", async () => {
  await using world = await createGitWorld();
  const reader = openBatchReader({ git: world.git, directory: world.origin });
  const store = openObjectStore({ directory: world.origin, format: "sha1", reader });
  const contents = Array.from({ length: 60 }, (_, index) => Buffer.alloc(index * 1_111, `${index}\n`));
  const ids = await Promise.all(contents.map((content) => store.writeBlob(content)));
  const read = async (): Promise<void> => {
    const found = await Promise.all(ids.map((id) => store.readBlob(id)));
    for (const [index, content] of found.entries())
      assert.ok(content.equals(contents[index] ?? Buffer.alloc(0)));
    assert.equal(await reader.header("refs/heads/nothing"), null);
  };
  await read();
  const reading = read();
  const pids = (await childPids()).filter((pid) => pid > 0);
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await reading;
  await read();
  await reader.close();
  await read();
  await reader.close();
});

/** This process's git children, by /proc. */
async function childPids(): Promise<number[]> {
  const { readdir, readFile } = await import("node:fs/promises");
  const found: number[] = [];
  for (const name of await readdir("/proc").catch(() => [])) {
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    if (parent === process.pid && stat.includes("(git)")) found.push(Number(name));
  }
  return found;
}

test("a name that would ask two questions is refused", async () => {
  await using world = await createGitWorld();
  const reader = openBatchReader({ git: world.git, directory: world.origin });
  await assert.rejects(reader.header("a\ncontents HEAD"), TypeError);
  await reader.close();
});

test("edits along paths give the tree that a checkout would give", async () => {
  await using world = await createGitWorld();
  const { store, close } = await storeOf(world);
  const part = fc.constantFrom("a", "b", "a.txt", "a-b", "ü");
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
  const content = fc.option(fc.constantFrom("one", "two", "three"), { nil: null });
  const property = fc.asyncProperty(
    fc.array(fc.tuple(path, content), { maxLength: 8 }),
    fc.array(fc.tuple(path, content), { maxLength: 5 }),
    async (before, after) => {
      const files = new Map<string, string>();
      let tree = emptyTreeId("sha1");
      for (const edits of [before, after]) {
        const map = new Map<string, { mode: string; id: string } | null>();
        for (const [name, text] of edits) {
          // One batch names each place once, and no place below another.
          if (
            [...map.keys()].some(
              (other) => other === name || other.startsWith(`${name}/`) || name.startsWith(`${other}/`),
            )
          )
            continue;
          map.set(name, text === null ? null : { mode: "100644", id: await store.writeBlob(text) });
          applyToFiles(files, name, text);
        }
        tree = await store.editTree(tree, map);
      }
      assert.equal(tree, await treeOfFiles(store, files));
    },
  );
  await fc.assert(property, { numRuns: 60 });
  await close();
});

/** The plain model: a file replaces whatever is in its way; a removal takes what is at and below it. */
function applyToFiles(files: Map<string, string>, name: string, text: string | null): void {
  for (const other of [...files.keys()]) {
    const inTheWay = text !== null && name.startsWith(`${other}/`);
    if (other === name || other.startsWith(`${name}/`) || inTheWay) files.delete(other);
  }
  if (text !== null) files.set(name, text);
}

async function treeOfFiles(store: ObjectStore, files: ReadonlyMap<string, string>): Promise<string> {
  const entries: TreeEntry[] = [];
  const below = new Map<string, Map<string, string>>();
  for (const [path, text] of files) {
    const [name = "", ...rest] = path.split("/");
    if (rest.length === 0) entries.push({ mode: "100644", name, id: await store.writeBlob(text) });
    else below.set(name, (below.get(name) ?? new Map()).set(rest.join("/"), text));
  }
  for (const [name, inside] of below)
    entries.push({ mode: "40000", name, id: await treeOfFiles(store, inside) });
  return store.writeTree(entries);
}

test("editing leaves alone names that are not UTF-8, and writes nothing where nothing changes", async () => {
  await using world = await createGitWorld();
  const { store, close } = await storeOf(world);
  const id = await store.writeBlob("x");
  const strange = [Buffer.from([0xff, 0x61]), Buffer.from([0xfe, 0x61])].map((rawName) => ({
    mode: "100644",
    name: rawName.toString(),
    rawName,
    id,
  }));
  const tree = await store.writeTree([...strange, { mode: "100644", name: "keep", id }]);
  const edited = await store.editTree(tree, new Map([["new/file", { mode: "100644", id }]]));
  const entries = await store.readTree(edited);
  assert.deepEqual(
    entries.map((entry) => entry.rawName?.toString("latin1")),
    ["keep", "new", "\xfea", "\xffa"],
  );
  assert.equal(await store.editTree(edited, new Map([["new", null]])), tree);
  assert.equal(
    await store.editTree(
      tree,
      new Map([
        ["gone/x", null],
        ["keep", { mode: "100644", id }],
      ]),
    ),
    tree,
  );
  assert.equal((await store.entryAt(edited, "new/file"))?.id, id);
  assert.equal(await store.entryAt(edited, "keep/x"), null);
  for (const path of ["", "../x", ".git/config", "a//b", "a/./b", ".GIT/x"]) {
    await assert.rejects(store.editTree(tree, new Map([[path, null]])), TypeError, path);
  }
  await close();
});

test("a tree's bytes are read and written back the same", () => {
  const entry = fc.record({
    mode: fc.constantFrom("100644", "100755", "120000", "160000", "40000"),
    name: fc.stringMatching(/^[a-c.\-0]{1,4}$/),
    id: fc.stringMatching(/^[0-9a-f]{40}$/),
  });
  const property = fc.property(fc.uniqueArray(entry, { selector: ({ name }) => name }), (entries) => {
    const bytes = serializeTree(entries);
    assert.ok(serializeTree(parseTree(bytes, 20)).equals(bytes));
  });
  fc.assert(property);
  assert.throws(() => parseTree(Buffer.from("no tree"), 20));
});

test("trailers are the last paragraph, and only where all of it is trailers", () => {
  const two = [
    { key: "A-b", value: "1" },
    { key: "C", value: "2 more" },
  ];
  assert.deepEqual(parseTrailers("Title\n\nText\n\nA-b: 1\nC: 2\n  more\n"), two);
  assert.deepEqual(parseTrailers("Title\r\n\r\nA-b: 1\r\nC:2\r\n more\r\n"), two);
  for (const message of [
    "A: 1",
    "A: 1\n",
    "Title\n\nA: 1\nnot a trailer\n",
    "Title\n\nA: 1\n\nText",
    "",
    "Title\n\nhttp//x",
  ])
    assert.deepEqual(parseTrailers(message), [], message);
  const repeated = parseTrailers("T\n\nSignalbox-Candidate: x@1\nsignalbox-candidate: y@2\n");
  assert.equal(trailerValue(repeated, "Signalbox-Candidate"), "y@2");
  assert.equal(trailerValue(repeated, "Other"), null);
});

test("a commit's strange headers do not shift its fields", () => {
  const text = `tree ${"1".repeat(40)}\nparent ${"2".repeat(40)}\nauthor A <a@b> 1 +0000\ncommitter  <> 2 -0100\ngpgsig -----BEGIN\n \n tree x\n -----END\nencoding ISO-8859-1\n\nf\u00fcr\n`;
  const commit = parseCommit("3".repeat(40), Buffer.from(text, "latin1"));
  assert.equal(commit.tree, "1".repeat(40));
  assert.deepEqual(commit.parents, ["2".repeat(40)]);
  assert.deepEqual(commit.committer, { name: "", email: "", seconds: 2, zone: "-0100" });
  assert.equal(commit.message, "für\n");
  const hostile = serializeCommit({
    tree: commit.tree,
    parents: [],
    author: { ...who, name: "A\nparent x <y>", email: "<e>\n" },
    committer: who,
    message: "m",
  });
  assert.equal(parseCommit("0", hostile).author.name, "Aparent x y");
  assert.deepEqual(parseCommit("0", hostile).parents, []);
});

test("what a broken disk left of an object is written anew", async () => {
  await using world = await createGitWorld();
  const { store, close } = await storeOf(world);
  const id = await store.writeBlob("lost\n");
  await close();
  const file = join(world.origin, "objects", id.slice(0, 2), id.slice(2));
  await rm(file);
  await writeFile(file, "");
  assert.equal(await store.writeBlob("lost\n"), id);
  assert.equal(await world.run(world.origin, "cat-file", "blob", id), "lost");
  await close();
});

const strace = spawnSync("strace", ["-V"]).status === 0;

test("an object is on the disk before it has its name", { skip: !strace }, async () => {
  await using world = await createGitWorld();
  const modules = ["batch-reader", "objects", "run"].map((name) =>
    import.meta.resolve(`../../src/git/${name}.ts`),
  );
  const script = `
    const [{ openBatchReader }, { openObjectStore }, { createGit }] = await Promise.all(
      ${JSON.stringify(modules)}.map((url) => import(url)));
    const directory = ${JSON.stringify(world.origin)};
    const git = createGit({ binary: ${JSON.stringify(world.git.binary)}, env: process.env });
    const reader = openBatchReader({ git, directory });
    await openObjectStore({ directory, format: "sha1", reader }).writeBlob("kept\\n");
    await reader.close();`;
  const calls = "trace=openat,fsync,fdatasync,rename,renameat,renameat2";
  const node = [process.execPath, "--no-warnings", "--input-type=module", "--eval", script];
  const ran = spawnSync("strace", ["-f", "-y", "-e", calls, ...node], { encoding: "utf8" });
  assert.equal(ran.status, 0, ran.stderr.slice(-2000));
  const lines = ran.stderr.split("\n").filter((line) => line.includes("tmp_obj_"));
  const at = (call: RegExp) => lines.findIndex((line) => call.test(line));
  assert.ok(at(/f(?:data)?sync\(/) > at(/openat\(/), lines.join("\n"));
  assert.ok(at(/rename/) > at(/f(?:data)?sync\(/), lines.join("\n"));
});
