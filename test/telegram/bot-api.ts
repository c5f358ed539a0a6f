/**
 * A Bot API server of a test's own, on loopback: the one party of the product's world that cannot be had for real. It
 * keeps chats, messages and updates as Telegram does, refuses in Telegram's words, and fails on request: too many
 * requests, a reply that is lost after the deed, a server that is slow, away or talks nonsense.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { ApiResponse } from "grammy/types";
import { monotonicMs, wallMs } from "../../src/clock.ts";
import { refusal, refusals, tooManyRequests } from "./bot-api-answers.ts";
import { argumentsOf, type ServedMethod } from "./bot-api-arguments.ts";
import { chats } from "./bot-api-chats.ts";
import { type Fault, faults } from "./bot-api-faults.ts";
import { type FloodLimits, floodGate } from "./bot-api-flood.ts";
import { type BotState, methods } from "./bot-api-methods.ts";
import { peopleOf } from "./bot-api-people.ts";
import { updateQueue } from "./bot-api-updates.ts";

/** One call that came in, with what was answered; null while it is held, and where nothing was. */
export type Call = {
  method: string;
  given: unknown;
  answer: ApiResponse<unknown> | null;
  atMs: number;
  /** What was made to go wrong with it. */
  fault: Fault | null;
};

export type BotApi = Awaited<ReturnType<typeof startBotApi>>;

export type BotApiOptions = {
  token?: string;
  /** Telegram's limits, held strictly. Default: none. */
  limits?: FloodLimits;
  /** Of the limits and of the calls' times, ms. */
  nowMs?: () => number;
};

export const testToken = "4242424242:AAH-not-a-real-token_0123456789abcdef";

/** Starts it on a free loopback port. Use with `await using`. */
export async function startBotApi(options: BotApiOptions = {}) {
  const { token = testToken, limits, nowMs = monotonicMs } = options;
  const bot = botOf(token, limits === undefined ? null : floodGate(limits, nowMs));
  const wrong = faults();
  const calls: Call[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (wrong.isAway()) return void request.socket.destroy();
    const target = targetOf(request.url ?? "", token);
    if ("error_code" in target) return answer(response, target);
    const { method } = target;
    const call: Call = { method, given: await readJson(request), answer: null, atMs: nowMs(), fault: null };
    calls.push(call);
    const fault = await wrong.meet(method);
    call.fault = fault;
    if (fault?.kind === "reset") return void request.socket.destroy();
    if (fault?.kind === "page")
      return void response.writeHead(fault.status, { "content-type": "text/html" }).end(page);
    if (fault?.kind === "nonsense")
      return void response.writeHead(200, { "content-type": "application/json" }).end(fault.body);
    call.answer = refusalBy(fault) ?? (await perform(method, call.given, bot));
    if (fault?.kind === "lost_reply") return void request.socket.destroy();
    answer(response, call.answer);
  }

  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");

  return {
    token,
    /** For the client's `apiRoot`. */
    root: `http://127.0.0.1:${address.port}`,
    me: bot.me,
    /** Everything that was asked, oldest first. */
    calls: (method?: ServedMethod): Call[] =>
      calls.filter((call) => method === undefined || call.method === method),
    ...peopleOf(bot),
    ...wrong,
    /** Away: what is connected is cut off, and whoever connects, too. */
    leave(): void {
      wrong.leave();
      server.closeAllConnections();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      bot.updates.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const page = "<html><body>Bad Gateway</body></html>";

function refusalBy(fault: Fault | null) {
  if (fault?.kind === "too_many") return tooManyRequests(fault.retryAfterS);
  return fault?.kind === "error" ? refusal(fault.code, fault.description) : null;
}

function botOf(token: string, flood: BotState["flood"]): BotState {
  const nowS = () => Math.floor(wallMs() / 1000);
  const me: BotState["me"] = {
    id: Number(token.split(":")[0]),
    is_bot: true,
    first_name: "Signalbox",
    username: "signalbox_test_bot",
    can_join_groups: true,
    can_read_all_group_messages: false,
    supports_inline_queries: false,
    can_connect_to_business: false,
    has_main_web_app: false,
    has_topics_enabled: false,
    allows_users_to_create_topics: false,
    can_manage_bots: false,
    supports_join_request_queries: false,
  };
  return {
    me,
    chats: chats(me, nowS),
    updates: updateQueue(),
    flood,
    webhook: { url: "" },
    queries: new Map(),
    commands: new Map(),
    nowS,
  };
}

/** `/bot<token>/<method>`; methods are not case-sensitive. */
function targetOf(url: string, token: string) {
  const match = /^\/bot([^/]+)\/([A-Za-z]+)$/.exec(url);
  if (match === null) return refusals.notFound;
  const [, given = "", name = ""] = match;
  if (decodeURIComponent(given) !== token) return refusals.unauthorized;
  const method = servedMethods.find((each) => each.toLowerCase() === name.toLowerCase());
  return method === undefined ? refusals.unknownMethod : { method };
}

// as: Object.keys gives up what it knows of the keys.
const servedMethods = Object.keys(argumentsOf) as ServedMethod[];

async function perform(method: ServedMethod, given: unknown, bot: BotState): Promise<ApiResponse<unknown>> {
  const checked = argumentsOf[method].safeParse(given);
  if (!checked.success) return refusal(400, `Bad Request: ${checked.error.issues[0]?.message ?? "bad"}`);
  // as: the compiler cannot see that the schema and the method of one name belong together.
  const act = methods[method] as (
    given: unknown,
    bot: BotState,
  ) => ApiResponse<unknown> | Promise<ApiResponse<unknown>>;
  return act(checked.data, bot);
}

function answer(response: ServerResponse, body: ApiResponse<unknown>): void {
  const status = body.ok ? 200 : body.error_code;
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : JSON.parse(text);
}
