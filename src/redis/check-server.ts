/** What a server must be for facts to be safe in it, and what it is. */

import type { Redis } from "./connection.ts";
import { compareVersions, oldestVersion } from "./engine-version.ts";
import { replyCode } from "./failure.ts";

export type Persistence = "always" | "everysec" | "none";

export type ServerProblem = {
  level: "error" | "warning";
  code: string;
  message: string;
  cure: string;
};

export type ServerReport = {
  family: "redis" | "valkey";
  version: string;
  persistence: Persistence;
  /** As the server sees itself. */
  pid: number;
  loading: boolean;
  problems: ServerProblem[];
};

/** Asks a server about version, persistence, eviction and role. An error among the problems: it must not be used. */
export async function checkServer(redis: Redis): Promise<ServerReport> {
  const fields = parseServerText(String(await redis.command(["INFO"])));
  const appendOnly = fields.get("aof_enabled") === "1";
  return report(fields, appendOnly ? await appendSync(redis) : null);
}

/** The lines `name:value` of INFO. Pure. */
export function parseServerText(text: string): Map<string, string> {
  const pairs = text.split(/\r?\n/).map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, Math.max(0, colon)), line.slice(colon + 1)];
  });
  return new Map(pairs.filter(([name]) => name !== "" && !name.startsWith("#")));
}

/** What the fields of INFO mean, with the append file's sync policy (null: there is no such file). Pure. */
export function report(fields: Map<string, string>, sync: string | null): ServerReport {
  const spoken = fields.get("redis_version") ?? "0.0.0";
  const valkey = fields.get("valkey_version");
  const persistence = persistenceOf(sync);
  const problems = [
    ...versionProblems(spoken),
    ...policyProblems(fields.get("maxmemory_policy")),
    ...roleProblems(fields.get("role")),
    ...persistenceProblems(persistence),
  ];
  return {
    family: valkey === undefined ? "redis" : "valkey",
    version: valkey ?? spoken,
    persistence,
    pid: Number(fields.get("process_id") ?? 0),
    loading: fields.get("loading") === "1",
    problems,
  };
}

/** Managed servers forbid CONFIG: they sync every second as a rule, so the weaker promise is assumed. */
async function appendSync(redis: Redis): Promise<string> {
  try {
    const reply = await redis.command(["CONFIG", "GET", "appendfsync"]);
    return Array.isArray(reply) ? String(reply[1]) : "everysec";
  } catch (error) {
    if (replyCode(error) === null) throw error;
    return "everysec";
  }
}

function persistenceOf(sync: string | null): Persistence {
  if (sync === "always") return "always";
  return sync === "everysec" ? "everysec" : "none";
}

function versionProblems(version: string): ServerProblem[] {
  if (compareVersions(version, oldestVersion) >= 0) return [];
  const message = `The server is Redis ${version}; 7.0 or newer is needed`;
  return [{ level: "error", code: "redis_too_old", message, cure: "Use Redis 7.0 or newer, or Valkey." }];
}

function policyProblems(policy: string | undefined): ServerProblem[] {
  if (policy === "noeviction") return [];
  const cure = "redis-cli CONFIG SET maxmemory-policy noeviction (and in its configuration file)";
  if (policy === undefined) {
    const message = "The server does not say whether it throws keys away when its memory is full";
    return [{ level: "warning", code: "redis_policy_unknown", message, cure }];
  }
  const message = `The server throws keys away when its memory is full (maxmemory-policy ${policy})`;
  return [{ level: "error", code: "redis_evicts", message, cure }];
}

function roleProblems(role: string | undefined): ServerProblem[] {
  if (role !== "slave") return [];
  const message = "The server is a replica and takes no writes";
  return [
    { level: "error", code: "redis_is_replica", message, cure: "Name the master in SIGNALBOX_REDIS_URL." },
  ];
}

function persistenceProblems(persistence: Persistence): ServerProblem[] {
  if (persistence === "always") return [];
  const message =
    persistence === "none"
      ? "The server keeps no append-only file: what happened since its last snapshot dies with it"
      : "The server writes to disk every second: a power cut may lose the last seconds";
  const cure = "redis-cli CONFIG SET appendonly yes; redis-cli CONFIG SET appendfsync always";
  return [{ level: "warning", code: `redis_persistence_${persistence}`, message, cure }];
}
