import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../../..");

/** What is loaded from outside `src` before a command begins, dynamic imports left out. */
async function loadedBy(...starts: string[]): Promise<{ files: string[]; others: string[] }> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: starts,
    bundle: true,
    write: false,
    metafile: true,
    splitting: true,
    outdir: "none",
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "error",
  });
  const files = new Set<string>();
  const others = new Set<string>();
  const open = [...starts];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const { path, kind, external } of metafile.inputs[file]?.imports ?? []) {
      if (kind === "dynamic-import") continue;
      if (external === true) others.add(path);
      else open.push(path);
    }
  }
  return { files: [...files], others: [...others].sort() };
}

test("what every command loads is light: no schemas, no YAML, no log, no TLS", async () => {
  const { files, others } = await loadedBy("src/start.ts", "src/surfaces/cli/commands/status.ts");
  assert.ok(files.includes("src/redis/connection.ts"), "the test follows imports");
  const packages = others.filter((name) => !name.startsWith("node:"));
  assert.deepEqual(
    packages.filter((name) => name !== "commander" && !name.startsWith("@redis/client/dist/lib/")),
    [],
  );
  assert.deepEqual(
    others.filter((name) => /^node:(tls|zlib|http|https|worker_threads|readline)/.test(name)),
    [],
  );
});

test("a session asks for its lease before it loads schemas and YAML", async () => {
  const { others } = await loadedBy(
    "src/surfaces/cli/commands/integrate.ts",
    "src/integration/session.ts",
    "src/git/line-repository.ts",
  );
  assert.deepEqual(
    others.filter((name) => !name.startsWith("node:") && !name.startsWith("@redis/client/")),
    [],
  );
});
