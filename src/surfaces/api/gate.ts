/** The gate every request passes: own host, own origin, somebody known, and of a role that may do it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Role } from "../../board/shapes-of-api.ts";
import type { Access, Caller } from "./access.ts";
import { refusalOfChange, refusalOfOrigin } from "./origin.ts";
import { Refusal } from "./problems.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who calls; null on the few routes that ask for nobody. */
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** The least role; `anyone` needs none. Default: `viewer`. */
    role?: Role | "anyone";
  }
}

export type GateOptions = { access: Access; cookie: string; port: () => number };

const ranks: Record<Role, number> = { viewer: 0, worker: 1, admin: 2 };
const changing = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** Hangs the gate before all routes of `app`, the unknown ones among them. Needs the cookie plugin. */
export function hangGate(app: FastifyInstance, options: GateOptions): void {
  app.decorateRequest("caller", null);
  app.addHook("onRequest", async (request: FastifyRequest, _reply: FastifyReply) => {
    const { method, headers } = request;
    // A whole URL, as a proxy is asked, names a host of its own; and what is asked of `*` is asked of no route.
    if (!request.url.startsWith("/")) throw new Refusal("foreign_host");
    const isPage = request.routeOptions.config.role === "anyone" && !request.url.startsWith("/api/");
    const foreign = refusalOfOrigin({ method, headers, port: options.port(), isPage });
    if (foreign !== null) throw new Refusal(foreign);
    const caller = callerOf(request, options);
    if (caller.kind === "known") request.caller = caller.caller;
    const { role = "viewer" } = request.routeOptions.config;
    if (role === "anyone") return;
    if (caller.kind !== "known") throw new Refusal(caller.kind === "nobody" ? "unauthorized" : "bad_token");
    if (caller.caller.by === "cookie" && changing.has(method)) {
      const unproven = refusalOfChange({ headers });
      if (unproven !== null) throw new Refusal(unproven);
    }
    if (ranks[caller.caller.role] < ranks[role]) throw new Refusal("role_too_small");
  });
}

type Found = { kind: "known"; caller: Caller } | { kind: "nobody" } | { kind: "wrong" };

/** A header that is there and wrong is an error, even where a cookie would do. */
function callerOf(request: FastifyRequest, { access, cookie }: GateOptions): Found {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = /^Bearer ([A-Za-z0-9_-]{1,200})$/i.exec(authorization)?.[1];
    const caller = token === undefined ? null : access.ofToken(token);
    return caller === null ? { kind: "wrong" } : { kind: "known", caller };
  }
  const session = request.cookies[cookie];
  if (session === undefined) return { kind: "nobody" };
  const caller = access.ofSession(session);
  return caller === null ? { kind: "wrong" } : { kind: "known", caller };
}

/** Who calls, on a route that asks for somebody. */
export function callerOn(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error(`${request.routeOptions.url} asks for nobody`);
  return request.caller;
}
