/**
 * What an error reply of Redis means for the one who asked. Pure.
 *
 * The distinction that matters: is it the world's fault (the server loads, is full, fails over, was not reached), so
 * that the same command will do later and no attempt may be counted, or the content's (a bad command, a wrong type)?
 */
import { Failure, isFailure } from "../errors.ts";

export type ReplyClass =
  /** The server cannot do it now: back off and ask again, without counting an attempt. */
  | "world"
  /** The stream or its consumer group is gone: make it again at the stored cursor. */
  | "group_missing"
  /** A cluster node says that another one serves this key. Nothing was done. */
  | "moved"
  /** The server does not know the script yet. Nothing was done. */
  | "script_missing"
  /** The command itself is at fault. */
  | "content";

type Known = { class: ReplyClass; code: string; meaning: string; elsewhere?: true; cure?: string };

const known = new Map<string, Known>([
  ["LOADING", world("redis_loading", "it is still loading its data")],
  ["BUSY", world("redis_busy", "a script keeps it busy")],
  ["TRYAGAIN", world("redis_resharding", "the cluster is moving these keys")],
  ["ASK", world("redis_resharding", "the cluster is moving these keys")],
  ["CLUSTERDOWN", world("redis_cluster_down", "the cluster is down")],
  ["NOREPLICAS", world("redis_no_replicas", "it has fewer replicas in sync than it demands")],
  ["READONLY", { ...world("redis_readonly", "it is a read-only replica now"), elsewhere: true }],
  ["MASTERDOWN", { ...world("redis_master_down", "its master is away"), elsewhere: true }],
  [
    "OOM",
    { ...world("redis_out_of_memory", "its memory is full"), cure: "Give Redis more memory (maxmemory)." },
  ],
  [
    "MISCONF",
    {
      ...world("redis_cannot_persist", "it cannot write to its disk"),
      cure: "Make room on the disk of Redis; its log has the reason.",
    },
  ],
  ["NOAUTH", denied("it asks for a password")],
  ["WRONGPASS", denied("user or password is wrong")],
  ["NOPERM", denied("its user may not do that")],
  ["NOGROUP", { class: "group_missing", code: "redis_group_missing", meaning: "the consumer group is gone" }],
  ["UNBLOCKED", { class: "group_missing", code: "redis_group_missing", meaning: "the stream is gone" }],
  ["MOVED", { class: "moved", code: "redis_moved", meaning: "another node of the cluster has these keys" }],
  ["NOSCRIPT", { class: "script_missing", code: "redis_script_missing", meaning: "it lost a script" }],
]);

const failedOver = { ...world("redis_readonly", "it became a replica"), elsewhere: true } as const;
const full = world("redis_too_many_clients", "it takes no more connections");

const worldCodes = new Set([
  "redis_timeout",
  "redis_unreachable",
  "redis_closed",
  ...[...known.values()].filter((entry) => entry.class === "world").map((entry) => entry.code),
  full.code,
]);

/** The class of an error reply, and whether another server must be looked for (a failover happened). */
export function classifyReply(message: string): { class: ReplyClass; elsewhere: boolean } {
  const entry = lookUp(message);
  return { class: entry?.class ?? "content", elsewhere: entry?.elsewhere ?? false };
}

/** The failure for an error reply to `command`. The arguments are left out: they may hold secrets. */
export function failureOfReply(command: string, message: string, where: string): Failure {
  const entry = lookUp(message);
  const cause = new Error(message);
  if (!entry) {
    const text = `Redis at ${where} refused ${command}: ${message}`;
    return new Failure({ code: "redis_refused", kind: "failed", message: text, cause });
  }
  return new Failure({
    code: entry.code,
    kind: entry.class === "world" && entry.code !== "redis_denied" ? "temporary" : "unavailable",
    message: `Redis at ${where} did not do ${command}: ${entry.meaning}`,
    cause,
    ...(entry.cure === undefined ? {} : { cure: entry.cure }),
  });
}

/** True where the world is at fault (Redis away, frozen, loading, full, failing over): wait, and count no attempt. */
export function isWorldFailure(error: unknown): boolean {
  return isFailure(error) && worldCodes.has(error.code);
}

/** True where the stream or its consumer group has gone and must be made again. */
export function isGroupMissing(error: unknown): boolean {
  return isFailure(error, "redis_group_missing");
}

/** The first word of the error reply behind a failure (`BUSYGROUP`, `WRONGTYPE`), or `null` where there is none. */
export function replyCode(error: unknown): string | null {
  if (!isFailure(error) || !(error.cause instanceof Error)) return null;
  return /^[A-Z][A-Z0-9_]*(?=\s|$)/.exec(error.cause.message)?.[0] ?? null;
}

function lookUp(message: string): Known | undefined {
  const code = /^\S*/.exec(message)?.[0] ?? "";
  if (code === "UNBLOCKED" && message.includes("instance state changed")) return failedOver;
  if (code === "ERR" && message.includes("max number of clients")) return full;
  if (code === "ERR" && message.includes("AUTH")) return known.get("NOAUTH");
  return known.get(code);
}

function world(code: string, meaning: string): Known {
  return { class: "world", code, meaning };
}

function denied(meaning: string): Known {
  const cure =
    "Put user and password into SIGNALBOX_REDIS_URL, and let that user run all commands on its keys.";
  return { class: "world", code: "redis_denied", meaning, cure };
}
