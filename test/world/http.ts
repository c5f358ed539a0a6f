/** A world's API as a test calls it: with any token, any header, any path, byte for byte. */
import { readFile } from "node:fs/promises";
import { type IncomingHttpHeaders, type RequestOptions, request } from "node:http";
import { join } from "node:path";
import { tokenFiles } from "../../src/board/api-place.ts";
import type { Role } from "../../src/board/shapes-of-api.ts";
import { repositoryIdOf } from "./wire.ts";
import type { World } from "./world.ts";

export type Answer = {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; null where it is none. */
  json: unknown;
  /** `code` of a problem, else null. */
  code: string | null;
};

export type Ask = {
  method?: string;
  headers?: Record<string, string | string[]>;
  /** JSON, unless it is text. */
  body?: unknown;
  /** Default: the admin's token. `none`: no authorization. */
  as?: Role | "none";
};

export type Api = {
  url: string;
  host: string;
  privateDir: string;
  token(role: Role): string;
  /** `path` begins behind `/api/v1`, or, where it begins with `//`, behind the host. */
  ask(path: string, options?: Ask): Promise<Answer>;
  /** POST with a JSON body. */
  post(path: string, body?: unknown, options?: Ask): Promise<Answer>;
};

/** The API of the world's daemon as it runs now. */
export async function apiOf(world: World): Promise<Api> {
  const { daemon } = await world.json<{ daemon: { url: string } }>("status");
  const privateDir = join(world.home, await repositoryIdOf(world));
  const tokens = new Map<Role, string>();
  for (const role of ["admin", "worker", "viewer"] as const)
    tokens.set(role, (await readFile(join(privateDir, tokenFiles[role]), "utf8")).trim());
  const token = (role: Role) => tokens.get(role) ?? "";
  const { hostname, port, host } = new URL(daemon.url);
  const ask: Api["ask"] = (path, options = {}) => {
    const { as = "admin", headers = {}, body, method = "GET" } = options;
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const allHeaders = {
      ...(as === "none" ? {} : { authorization: `Bearer ${token(as)}` }),
      ...(text === undefined
        ? {}
        : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) }),
      ...headers,
    };
    const full = path.startsWith("//") ? path.slice(1) : `/api/v1${path}`;
    return send(
      { hostname, port, method, path: full, headers: allHeaders, setHost: !("host" in headers) },
      text,
    );
  };
  return {
    url: daemon.url,
    host,
    privateDir,
    token,
    ask,
    post: (path, body = {}, options = {}) => ask(path, { method: "POST", body, ...options }),
  };
}

function send(options: RequestOptions, body: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const json = parsed(text);
        const code = json !== null && typeof json === "object" && "code" in json ? String(json.code) : null;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json, code });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
