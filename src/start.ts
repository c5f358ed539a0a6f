/** From the argument list to a command. Nothing is loaded before it is needed. */
import { join } from "node:path";
import { run } from "./surfaces/cli/run.ts";

/** Where we are called. A folder that was removed meanwhile, as a landed item's worktree is, is no clone. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return "/";
  }
}

/** Runs the command line of this process and sets its exit status. `entry` is the file that starts us again. */
export async function start(entry: string): Promise<void> {
  process.exitCode = await run({
    argv: process.argv.slice(2),
    cwd: currentFolder(),
    packageFile: join(import.meta.dirname, "..", "package.json"),
    entry,
    runDaemon: async (options) => (await import("./daemon.ts")).runDaemon(options),
    surfaces: {
      mcp: async (call) => (await import("./surfaces/mcp/serve.ts")).serveMcp(call),
      tui: async (call) => (await import("./surfaces/tui/open.ts")).openTui(call),
    },
  });
}
