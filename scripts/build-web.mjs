/** Makes the web board: what a browser loads from the daemon, in one folder. Run by itself, it makes `dist/web`. */
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Builds into `outDir`, and answers with the gzipped bytes of what a browser loads first: the page's own script. */
export async function buildWeb(outDir) {
  const { build } = await import("vite");
  const { default: react } = await import("@vitejs/plugin-react");
  const { output } = await build({
    configFile: false,
    root: join(root, "src/surfaces/web"),
    base: "/",
    plugins: [react()],
    logLevel: "error",
    // Nothing is kept between builds: a cache that is wrong once is looked for a day.
    cacheDir: join(outDir, ".vite"),
    build: {
      outDir,
      emptyOutDir: true,
      target: ["chrome120", "firefox121", "safari17"],
      // Everything is a file of its own: the content security policy allows nothing that stands in the page.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  });
  return firstLoad(output);
}

/** The entry and what it imports at once; parts that are loaded on demand do not count. */
function firstLoad(output) {
  const chunks = new Map(
    output.filter(({ type }) => type === "chunk").map((chunk) => [chunk.fileName, chunk]),
  );
  const open = [...chunks.values()].filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName);
  const wanted = new Set();
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (wanted.has(name)) continue;
    wanted.add(name);
    open.push(...(chunks.get(name)?.imports ?? []));
  }
  return [...wanted].reduce((sum, name) => sum + gzipSync(chunks.get(name)?.code ?? "").length, 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const draft = join(root, `dist.web.${process.pid}`);
  const place = join(root, "dist/web");
  const bytes = await buildWeb(draft);
  mkdirSync(dirname(place), { recursive: true });
  rmSync(place, { recursive: true, force: true });
  renameSync(draft, place);
  process.stdout.write(`dist/web: ${(bytes / 1024).toFixed(1)} kB of script at first, gzipped\n`);
}
