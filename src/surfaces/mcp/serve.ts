/**
 * `signalbox mcp`: the verbs of the command line for coding agents, as a Model Context Protocol server on stdin and stdout.
 * It holds no state and no rule, and it ends with the client that started it.
 */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { Environment } from "../../config.ts";
import { describeError } from "../../errors.ts";
import { openClone } from "../../git/open-clone.ts";
import type { SurfaceCall } from "../other-surfaces.ts";
import { openCommandLine } from "./command-line.ts";
import { instructions } from "./instructions.ts";
import { tools } from "./tools.ts";

/** A request is a few names; nothing a client may send is larger. */
const requestBytesMax = 1024 * 1024;

/** Serves until the client closes our stdin, stops reading, or TERM or INT comes; then what runs is ended. Answers 0. */
export async function serveMcp(call: SurfaceCall): Promise<number> {
  const { directory, environment, entry, version, readerGone } = call;
  const { variables } = environment;
  const elsewhere = await mainWorktree(directory, environment);
  const line = openCommandLine({ entry, directory, elsewhere, variables });
  const server = new McpServer({ name: "signalbox", title: "Signalbox", version }, { instructions });
  for (const tool of tools) tool.register(server, line);
  // A line that is no request is said on stderr, which clients keep in a log; what follows it is served.
  server.server.onerror = (error) => process.stderr.write(`signalbox mcp: ${describeError(error)}\n`);
  const over = whenOver(readerGone, server);
  await server.connect(
    new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: requestBytesMax }),
  );
  await over;
  await line.close();
  await server.close();
  return 0;
}

/** The transport does not look at the end of stdin: a server that did not would outlive its client. */
function whenOver(readerGone: AbortSignal, server: McpServer): Promise<void> {
  return new Promise((resolve) => {
    const end = () => resolve();
    process.stdin.once("end", end).once("close", end);
    process.once("SIGTERM", end).once("SIGINT", end);
    readerGone.addEventListener("abort", end, { once: true });
    server.server.onclose = end;
  });
}

/** For the day when the folder it was started in is gone. Null outside of a repository, where every call says so. */
async function mainWorktree(directory: string, { variables }: Environment): Promise<string | null> {
  try {
    const { clone } = await openClone(directory, variables);
    return clone.mainRoot ?? clone.root;
  } catch {
    return null;
  }
}
