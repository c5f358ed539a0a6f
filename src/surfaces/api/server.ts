/**
 * The HTTP API and the web board, on loopback: what the command line can ask and do, with the same shapes. It holds no
 * rule; the desk and the rooms behind it do. Everything that is refused is a problem with a stable code.
 */

import { createHash } from "node:crypto";
import type { AddressInfo, Socket } from "node:net";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import Fastify, { type FastifyInstance } from "fastify";
import { validatorCompiler } from "fastify-type-provider-zod";
import type { Desk } from "../../board/desk.ts";
import { describeError } from "../../errors.ts";
import { noTraces, type Traces } from "../../telemetry/traces.ts";
import { openAccess } from "./access.ts";
import { addActs } from "./acts.ts";
import { addDocument } from "./document.ts";
import { hangGate } from "./gate.ts";
import { addHealth } from "./health.ts";
import { type Live, openLive } from "./live.ts";
import { addLooks } from "./looks.ts";
import { addPages } from "./pages.ts";
import { problemOf, problemOfRefusal } from "./problems.ts";
import { addSignIn } from "./sign-in.ts";
import { addStream } from "./stream.ts";
import { traceActs } from "./traced-acts.ts";

export type ApiLog = {
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
};

export type ApiOptions = {
  /** The desk as it is now: a reload of the configuration brings another one. */
  desk: () => Desk;
  privateDir: string;
  repositoryId: string;
  version: string;
  /** The built web board, or null. */
  webFolder: string | null;
  log: ApiLog;
  /** Default: none. */
  traces?: Traces;
};

export type Api = {
  /** Without a slash at its end. */
  url: string;
  port: number;
  /** The desk is another one; the tokens are read again. */
  refresh(): Promise<void>;
  close(): Promise<void>;
};

/** What every part of the API is made from. */
export type ApiParts = ApiOptions & {
  live: Live;
  cookie: string;
  access: Awaited<ReturnType<typeof openAccess>>;
};

const bodyLimit = 128 * 1024;
const requestsAMinute = 1200;

/** Listens on loopback; 0 is any free port. Throws what `listen` throws (`EADDRINUSE`). */
export async function openApi(options: ApiOptions, port: number): Promise<Api> {
  const live = openLive({ desk: options.desk, log: options.log });
  const access = await openAccess(options.privateDir);
  const parts: ApiParts = { ...options, live, access, cookie: cookieNameOf(options.repositoryId) };
  const app = Fastify({
    bodyLimit,
    logger: false,
    trustProxy: false,
    requestTimeout: 30_000,
    // Streams never end by themselves.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: false },
    http: { maxHeaderSize: 16 * 1024 },
    frameworkErrors: (_error, _request, reply) => {
      const problem = JSON.stringify(problemOfRefusal("bad_request"));
      reply.raw.writeHead(400, { "content-type": "application/problem+json", ...fixedHeaders }).end(problem);
    },
    clientErrorHandler: refuseNonsense,
  });
  let listening = 0;
  await furnish(app, parts, () => listening);
  try {
    await app.listen({ host: "127.0.0.1", port });
  } catch (error) {
    await live.close();
    await app.close();
    throw error;
  }
  listening = portOf(app.server.address());
  return {
    url: `http://127.0.0.1:${listening}`,
    port: listening,
    async refresh() {
      live.refresh();
      await access.refresh();
    },
    async close() {
      await live.close();
      await app.close();
    },
  };
}

async function furnish(app: FastifyInstance, parts: ApiParts, port: () => number): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  // What is answered is held to its schema by tests, not again for every request.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler(async (error, request, reply) => {
    const problem = problemOf(error);
    if (problem.code === "internal_error")
      parts.log.error(
        { route: request.routeOptions.url, error: describeError(error) },
        "A request could not be answered.",
      );
    return reply.code(problem.status).type("application/problem+json").send(JSON.stringify(problem));
  });
  await app.register(helmet, securityHeaders);
  await app.register(cookie);
  app.addHook("onRequest", async (request, reply) => {
    if (request.url.startsWith("/api/") || request.url.startsWith("/metrics"))
      reply.header("cache-control", "no-store");
  });
  hangGate(app, { access: parts.access, cookie: parts.cookie, port });
  await app.register(rateLimit, {
    max: requestsAMinute,
    timeWindow: 60_000,
    hook: "preHandler",
    keyGenerator: ({ caller }) => (caller === null ? "nobody" : `${caller.by} ${caller.role} ${caller.name}`),
  });
  app.setNotFoundHandler(async (_request, reply) => {
    const problem = problemOfRefusal("no_such_route");
    return reply.code(404).type("application/problem+json").send(JSON.stringify(problem));
  });
  await addDocument(app, parts);
  await app.register(
    async (api) => {
      traceActs(api, parts.traces ?? noTraces);
      addLooks(api, parts);
      addActs(api, parts);
      addSignIn(api, parts, port);
      addStream(api, parts);
    },
    { prefix: "/api/v1" },
  );
  addHealth(app, parts);
  await addPages(app, parts);
}

/** What is no HTTP, or has more headers than anybody needs, reaches no hook: it is answered here, on the bare connection. */
function refuseNonsense(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const problem = problemOfRefusal(error.code === "HPE_HEADER_OVERFLOW" ? "too_many_headers" : "bad_request");
  const body = JSON.stringify(problem);
  const headers = {
    "content-type": "application/problem+json",
    "content-length": Buffer.byteLength(body),
    connection: "close",
    ...fixedHeaders,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join("")}\r\n${body}`);
}

/** For answers that are made before any hook runs. */
const fixedHeaders = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** No page of ours loads anything from elsewhere, runs anything inline, or may be framed. */
const securityHeaders = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      connectSrc: ["'self'"],
      imgSrc: ["'self'", "data:"],
      fontSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  frameguard: { action: "deny" },
  referrerPolicy: { policy: "no-referrer" },
  // Loopback speaks plain HTTP.
  strictTransportSecurity: false,
} as const;

/** Cookies know no ports: boards of two repositories on one machine must not sign each other out. */
function cookieNameOf(repositoryId: string): string {
  return `signalbox_session_${createHash("sha256").update(repositoryId).digest("hex").slice(0, 8)}`;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the API listens on no port");
  return address.port;
}
