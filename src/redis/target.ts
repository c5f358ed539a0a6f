/**
 * Which Redis to talk to, as a value. Pure: text in, target out. Nothing a person may see (a description, an error) ever
 * carries the password.
 *
 *   unix:///run/redis.sock
 *   redis://user:password@host:6379/0               rediss:// for TLS
 *   redis+sentinel://user:password@h1:26379,h2:26379/master-name/0
 *   redis+cluster://user:password@h1:7000,h2:7000   rediss+sentinel:// and rediss+cluster:// for TLS
 *
 * Query: `ca`, `cert`, `key` (files), `servername` for TLS; `db` for a unix socket; `sentinel-user`,
 * `sentinel-password`. There is deliberately no way to switch certificate checks off.
 */
import { badInput, type Failure } from "../errors.ts";

export type Address = { host: string; port: number };

export type TlsFiles = {
  caFile: string | null;
  certFile: string | null;
  keyFile: string | null;
  servername: string | null;
};

export type Credentials = { username: string | null; password: string | null };

/** How to get in, wherever the server is. */
export type Access = Credentials & { database: number; tls: TlsFiles | null };

export type RedisTarget =
  | { kind: "socket"; path: string; access: Access }
  | { kind: "server"; address: Address; access: Access }
  | { kind: "cluster"; seeds: Address[]; access: Access }
  | {
      kind: "sentinel";
      sentinels: Address[];
      masterName: string;
      access: Access;
      sentinelAccess: Credentials;
    };

const openAccess: Access = { username: null, password: null, database: 0, tls: null };

/** The target of a server that listens on a unix socket and asks for no password. */
export function socketTarget(path: string): RedisTarget {
  return { kind: "socket", path, access: openAccess };
}

/** Reads a Redis URL in one of the forms above. Throws `redis_url_invalid` (bad input), never quoting the URL. */
export function parseRedisUrl(url: string): RedisTarget {
  const parts = /^([a-z+]+):\/\/(?:([^@/?]*)@)?([^/?#]*)([^?#]*)(?:\?([^#]*))?$/i.exec(url.trim());
  if (!parts) throw invalid("it is not of the form redis://host:port");
  const [, scheme = "", userPart, hostPart = "", pathPart = "", queryPart = ""] = parts;
  const form = schemes.get(scheme.toLowerCase());
  if (!form) throw invalid(`the scheme must be one of ${[...schemes.keys()].join(", ")}`);
  const query = parseQuery(queryPart);
  const [username, password] = parseUser(userPart);
  const access: Access = { username, password, database: 0, tls: form.tls ? tlsFiles(query) : null };
  if (form.kind === "socket") {
    const path = decode(pathPart);
    if (hostPart !== "" || path.length < 2) throw invalid("a unix socket is given as unix:///absolute/path");
    return { kind: "socket", path, access: { ...access, database: database(query.get("db") ?? "") } };
  }
  const addresses = hostPart.split(",").map((text) => parseAddress(text, form.port));
  const segments = pathPart.split("/").filter(Boolean).map(decode);
  if (form.kind === "server") {
    const [address, second] = addresses;
    if (!address || second) throw invalid("one host is needed (redis+cluster:// takes several)");
    return { kind: "server", address, access: { ...access, database: database(segments[0] ?? "") } };
  }
  if (form.kind === "cluster") {
    if (segments.length > 0) throw invalid("a cluster has no numbered databases");
    return { kind: "cluster", seeds: addresses, access };
  }
  const [masterName, databaseText] = segments;
  if (!masterName) throw invalid("the master's name is missing: redis+sentinel://h1:26379,h2:26379/name");
  return {
    kind: "sentinel",
    sentinels: addresses,
    masterName,
    access: { ...access, database: database(databaseText ?? "") },
    sentinelAccess: {
      username: query.get("sentinel-user") ?? null,
      password: query.get("sentinel-password") ?? null,
    },
  };
}

/** The target in a few words for messages and logs, without user or password. */
export function describeTarget(target: RedisTarget): string {
  switch (target.kind) {
    case "socket":
      return target.path;
    case "server":
      return formatAddress(target.address);
    case "cluster":
      return `the cluster at ${target.seeds.map(formatAddress).join(", ")}`;
    case "sentinel":
      return `${target.masterName} of the sentinels at ${target.sentinels.map(formatAddress).join(", ")}`;
  }
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const schemes = new Map<string, { kind: RedisTarget["kind"]; tls: boolean; port: number }>([
  ["redis", { kind: "server", tls: false, port: 6379 }],
  ["rediss", { kind: "server", tls: true, port: 6379 }],
  ["unix", { kind: "socket", tls: false, port: 0 }],
  ["redis+cluster", { kind: "cluster", tls: false, port: 6379 }],
  ["rediss+cluster", { kind: "cluster", tls: true, port: 6379 }],
  ["redis+sentinel", { kind: "sentinel", tls: false, port: 26379 }],
  ["rediss+sentinel", { kind: "sentinel", tls: true, port: 26379 }],
]);

const queryNames = new Set(["ca", "cert", "key", "servername", "db", "sentinel-user", "sentinel-password"]);

function parseQuery(text: string): Map<string, string> {
  const query = new Map(new URLSearchParams(text));
  for (const name of query.keys()) {
    if (!queryNames.has(name)) throw invalid(`the query names are ${[...queryNames].join(", ")}`);
  }
  return query;
}

function parseUser(text: string | undefined): [username: string | null, password: string | null] {
  if (text === undefined) return [null, null];
  const colon = text.indexOf(":");
  if (colon === -1) return [decode(text), null];
  return [decode(text.slice(0, colon)) || null, decode(text.slice(colon + 1))];
}

function parseAddress(text: string, defaultPort: number): Address {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  const port = parts?.[3] === undefined ? defaultPort : Number(parts[3]);
  if (!host || port < 1 || port > 65535) throw invalid("a host is given as name:port or [IPv6]:port");
  return { host, port };
}

function tlsFiles(query: Map<string, string>): TlsFiles {
  return {
    caFile: query.get("ca") ?? null,
    certFile: query.get("cert") ?? null,
    keyFile: query.get("key") ?? null,
    servername: query.get("servername") ?? null,
  };
}

function database(text: string): number {
  if (text === "") return 0;
  if (!/^\d{1,5}$/.test(text)) throw invalid("the database is a number");
  return Number(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid("a percent sign is not followed by two hexadecimal digits");
  }
}

function invalid(problem: string): Failure {
  return badInput("redis_url_invalid", `The Redis URL cannot be used: ${problem}.`, {
    cure: "Correct SIGNALBOX_REDIS_URL, or unset it to let Signalbox run its own Redis.",
  });
}
