/** The bin: from the argument list to a command. Nothing is loaded before it is needed. */
import { enableCompileCache } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
// Inside the package, not in the shared temporary folder, where another account could plant compiled code for us.
enableCompileCache(join(root, "node_modules", ".cache", "signalbox-compiled"));

const { run } = await import("./surfaces/cli/run.ts");
const status = await run({
  argv: process.argv.slice(2),
  cwd: process.cwd(),
  packageFile: join(root, "package.json"),
  entry: import.meta.filename,
  runDaemon: async (options) => (await import("./daemon.ts")).runDaemon(options),
});
process.exitCode = status;
