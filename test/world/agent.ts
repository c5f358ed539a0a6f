/** A coding agent's side of `signalbox mcp`: the protocol's own client over the real program, in a world. */
import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { bin, type World } from "./world.ts";

export type Agent = {
  client: Client;
  pid: number;
  /** Calls a tool that must answer; its structured content. */
  call(tool: string, given?: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Calls a tool that must fail; its error as the command line says it. */
  failure(tool: string, given?: Record<string, unknown>): Promise<{ code: string; cure: string | null }>;
  /** Everything the server has said on stderr. */
  stderr(): string;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Starts the server in `directory` (default: the world's clone) and shakes hands with it. Use with `await using`. */
export async function openAgent(
  world: World,
  { directory = world.clone, env = {} }: { directory?: string; env?: Record<string, string> } = {},
): Promise<Agent> {
  const transport = new StdioClientTransport({
    command: bin,
    args: ["mcp"],
    cwd: directory,
    env: { ...withoutOurs(getDefaultEnvironment()), ...plain(world.env), ...env },
    stderr: "pipe",
  });
  let words = "";
  transport.stderr?.on("data", (chunk: Buffer) => {
    words += chunk.toString();
  });
  const client = new Client({ name: "test-agent", version: "1.0.0" });
  await client.connect(transport);
  const { pid } = transport;
  assert.ok(pid !== null, "the server has no process");
  // What the tools promise is checked by the client, once it has asked for them.
  await client.listTools();
  const ask = async (name: string, given: Record<string, unknown>) => {
    const { content, isError, structuredContent } = await client.callTool({ name, arguments: given });
    assert.ok(Array.isArray(content), "an answer has content");
    const text = String(content[0]?.text ?? "");
    return { isError: isError === true, structured: structuredContent, text };
  };
  return {
    client,
    pid,
    async call(name, given = {}) {
      const { isError, structured, text } = await ask(name, given);
      assert.equal(isError, false, `${name}: ${text}\n${words}`);
      assert.ok(typeof structured === "object" && structured !== null, "an answer is structured");
      assert.deepEqual(JSON.parse(text), structured, "text and structure are the same");
      return { ...structured };
    },
    async failure(name, given = {}) {
      const { isError, text } = await ask(name, given);
      assert.equal(isError, true, `${name} was answered: ${text}`);
      const { error } = JSON.parse(text);
      return error;
    },
    stderr: () => words,
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** The client's own choice of this machine's environment is not the world's. */
function withoutOurs(environment: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.keys(environment).map((name) => [name, ""]));
}

function plain(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
