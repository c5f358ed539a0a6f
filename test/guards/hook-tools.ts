/**
 * Hook tools from the package registry, in their real versions. They are no dependencies of this package: lefthook installs
 * hooks wherever it is itself installed. Fetched once, without their install scripts, and kept below node_modules.
 */
import assert from "node:assert/strict";
import { access, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runChild, told } from "../world/child.ts";

export type HookTool = {
  /** The `node_modules` folder that holds it. */
  modules: string;
};

const kept = join(import.meta.dirname, "../../node_modules/.cache/signalbox-hook-tools");

/** The tool, fetched where it is not there yet. */
export async function provideHookTool(name: string, version: string): Promise<HookTool> {
  const folder = join(kept, `${name}-${version}`);
  const modules = join(folder, "node_modules");
  const isThere = await access(join(modules, name, "package.json")).then(
    () => true,
    () => false,
  );
  if (isThere) return { modules };
  await mkdir(kept, { recursive: true });
  const draft = await mkdtemp(join(kept, "draft-"));
  try {
    await writeFile(join(draft, "package.json"), "{}\n");
    const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", `${name}@${version}`];
    const ran = await runChild("npm", args, { cwd: draft, env: process.env, withinMs: 180_000 });
    assert.equal(ran.code, 0, told(ran));
    await rename(draft, folder).catch(async (error: unknown) => {
      // Another test process was first.
      await access(modules).catch(() => {
        throw error;
      });
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return { modules };
}
