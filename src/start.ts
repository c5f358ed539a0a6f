/** From the argument list to a command. Nothing is loaded before it is needed. */
import { join } from "node:path";
import { run } from "./surfaces/cli/run.ts";
import type { OpenTraces, Traces } from "./telemetry/traces.ts";

/** Where we are called. A folder that was removed meanwhile, as a landed item's worktree is, is no clone. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return "/";
  }
}

/** Opened with the first use, and for all: an exporter is one for a process. */
function tracesOfThisProcess(): { open: OpenTraces; end(): Promise<void> } {
  let opened: Promise<Traces> | null = null;
  return {
    open(options) {
      opened ??= import("./telemetry/open.ts").then(({ openTraces }) => openTraces(options));
      return opened;
    },
    async end() {
      if (opened === null) return;
      const hurry = new AbortController();
      const abort = () => hurry.abort();
      process.once("SIGTERM", abort).once("SIGINT", abort);
      // What is still being sent would hold up the end for as long as its receiver likes.
      if ((await (await opened).end(hurry.signal)) === "abandoned") process.exit();
    },
  };
}

/** Runs the command line of this process and sets its exit status. `entry` is the file that starts us again. */
export async function start(entry: string): Promise<void> {
  const traces = tracesOfThisProcess();
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
    openTraces: traces.open,
  });
  await traces.end();
}
