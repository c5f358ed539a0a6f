/** Makes `dist/` from `src/`: the package that is published runs on plain JavaScript. */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const compiler = join(root, "node_modules", ".bin", "tsc");
const built = spawnSync(compiler, ["-p", "tsconfig.build.json"], { cwd: root, stdio: ["ignore", 2, 2] });
if (built.status !== 0) {
  process.stderr.write("the build failed\n");
  process.exit(1);
}
// Scripts for Redis and whatever else is not TypeScript goes along as it is.
for (const path of globSync("src/**/*.*", { cwd: root, exclude: (name) => name.endsWith(".ts") })) {
  cpSync(join(root, path), join(dist, path.slice("src/".length)));
}
