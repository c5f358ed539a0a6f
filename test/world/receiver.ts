/** A receiver of webhooks on this machine: keeps what arrives, answers as it is told, checks signatures by the reference library. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { Webhook } from "standardwebhooks";
import { waitUntil } from "./wait-until.ts";

export type Arrived = {
  path: string;
  headers: IncomingHttpHeaders;
  /** Byte for byte as it was signed. */
  body: string;
  atMs: number;
};

/** A message as Standard Webhooks has it, of this product's shape. */
export type Message = {
  type: string;
  timestamp: string;
  data: {
    repository: string;
    notification?: { id: string; version: number; group: string; title: string; needs_attention: boolean };
    alarm?: { line: string } | null;
    missed_alarm?: { line: string } | null;
    by?: string;
  };
};

export type Receiver = {
  url: string;
  arrived: Arrived[];
  /** How it answers from now on. */
  answer(by: (response: ServerResponse, count: number) => void): void;
  /** The messages whose signature holds; throws at one whose does not. */
  messages(secret: string): Message[];
  /** Waits for a message that `fits`. */
  hears(secret: string, fits: (message: Message) => boolean, what: string): Promise<Message>;
  /** Stops listening, and goes on at the same address with `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Opens one on a free port of the loopback. Use with `await using`. */
export async function openReceiver(): Promise<Receiver> {
  const arrived: Arrived[] = [];
  let answer: Parameters<Receiver["answer"]>[0] = (response) => response.writeHead(204).end();
  let port = 0;
  let server = listener();
  function listener() {
    return createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const { url = "", headers } = request;
      arrived.push({ path: url, headers, body: Buffer.concat(chunks).toString(), atMs: Date.now() });
      answer(response, arrived.length);
    });
  }
  async function start() {
    server = listener();
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address === "object" && address !== null) port = address.port;
  }
  async function stop() {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
  await start();
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook/very-secret-path`,
    arrived,
    answer: (by) => {
      answer = by;
    },
    messages: (secret) => arrived.map((each) => verified(secret, each)),
    hears: (secret, fits, what) => waitUntil(() => receiver.messages(secret).find(fits), { what }),
    stop,
    start,
    [Symbol.asyncDispose]: stop,
  };
  return receiver;
}

/** What the reference library makes of a message. Throws where its signature does not hold. */
export function verified(secret: string, { body, headers }: Pick<Arrived, "body" | "headers">): Message {
  const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  // as: the library hands back the JSON it has verified.
  return new Webhook(secret).verify(body, texts) as Message;
}
