/**
 * One tool of the server: its contract (names, schemas, what it may do), and the way from a call to an answer. An answer is
 * given twice, as the protocol asks: as structured content that fits the schema, and as the same JSON in text. A failure is
 * the command line's own: a stable code, a sentence, a cure.
 */
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { CallToolResult, ServerNotification, ServerRequest } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { Failure, isFailure } from "../../errors.ts";
import { safeJson } from "../safe-json.ts";
import type { CommandLine } from "./command-line.ts";
import type { CommandFailure, Heard } from "./hear.ts";
import { startProgress } from "./progress.ts";

/** What a tool may do to the world, for clients that ask their person first. */
export type Reach = "reads" | "adds" | "changes";

export type ToolContract<Input extends z.ZodObject, Output extends z.ZodObject> = {
  name: string;
  title: string;
  about: string;
  reach: Reach;
  input: Input;
  output: Output;
  answer(given: z.infer<Input>, ask: Ask): Promise<Answer>;
};

/** Asks the command line in the name of one call: the words, then the names that come from outside. A failure ends the call. */
export type Ask = (words: readonly string[], ...names: string[]) => Promise<Answered>;
export type Answered = Extract<Heard, { kind: "answered" }>;

/** What the tool says: an object, and what the command remarked beside it. */
export type Answer = { content: unknown; note?: string | null };

/** A tool that can be put on a server. */
export type Offer = { name: string; register(server: McpServer, line: CommandLine): void };

/** The offer of a contract. */
export function offer<Input extends z.ZodObject, Output extends z.ZodObject>(
  contract: ToolContract<Input, Output>,
): Offer {
  const { name, title, about, reach } = contract;
  // As the server's own, wider type: it would otherwise derive the types of arguments that only `contract` knows.
  const [inputSchema, outputSchema]: [z.ZodObject, z.ZodObject] = [contract.input, contract.output];
  return {
    name,
    register(server, line) {
      const config = { title, description: about, inputSchema, outputSchema, annotations: hints[reach] };
      server.registerTool(name, config, (given: Record<string, unknown>, extra) => {
        const answer = (ask: Ask) => contract.answer(contract.input.parse(given), ask);
        return serve({ answer, output: contract.output }, line, extra);
      });
    },
  };
}

/** In the protocol's words. None of them reaches beyond this repository. */
const hints = {
  reads: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  adds: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  changes: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
} as const;

type Call = { answer(ask: Ask): Promise<Answer>; output: z.ZodObject };
type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

async function serve({ answer, output }: Call, line: CommandLine, extra: Extra): Promise<CallToolResult> {
  using _progress = startProgress(extra);
  const ask: Ask = async (words, ...names) => {
    const heard = await line.ask(words, names, extra.signal);
    if (heard.kind === "answered") return heard;
    throw new Failure({ ...heard.failure, kind: "failed", cure: heard.failure.cure ?? "" });
  };
  try {
    const { content, note } = await answer(ask);
    return said(output.parse(content), note ?? null);
  } catch (error) {
    if (isFailure(error)) return failed(error);
    if (error instanceof z.ZodError) return failed(unexpected(error));
    throw error;
  }
}

function said(content: Record<string, unknown>, note: string | null): CallToolResult {
  const texts = [safeJson(content), ...(note === null ? [] : [note])];
  return { structuredContent: content, content: texts.map((text) => ({ type: "text", text })) };
}

function failed({ code, message, cure, problems }: CommandFailure): CallToolResult {
  return {
    isError: true,
    content: [{ type: "text", text: safeJson({ error: { code, message, cure, problems } }) }],
  };
}

/** The command line answered in another shape than the one this server was written for. */
function unexpected(error: z.ZodError): CommandFailure {
  return {
    code: "unexpected_answer",
    message:
      "The command line answered in a shape that this server does not know: was Signalbox upgraded meanwhile?",
    cure: "Start the MCP server again.",
    problems: error.issues.map(({ path, message }) => ({ path: path.join("."), message })),
  };
}
