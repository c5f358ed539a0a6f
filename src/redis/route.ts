/**
 * Finds the one server to talk to. All keys of a repository share a hash tag, hence a slot, hence a node: so a cluster is
 * one connection that follows MOVED, and Sentinel is a question asked before connecting. The client's own cluster and
 * sentinel modes were left out on purpose: they re-send commands by rules of their own.
 */
import { describeError, isFailure, unavailable } from "../errors.ts";
import type { Reply } from "./connection.ts";
import { type Link, openLink } from "./link.ts";
import { type Access, type Address, describeTarget, type RedisTarget } from "./target.ts";

/** Opens a link to the server that serves `target` now; `hint` is where a cluster last said the keys are. */
export async function openRoute(
  target: RedisTarget,
  hint: Address | null,
  deadlineMs: number,
): Promise<Link> {
  switch (target.kind) {
    case "socket":
      return openLink({ path: target.path }, target.access, deadlineMs);
    case "server":
      return openLink(target.address, target.access, deadlineMs);
    case "cluster": {
      const places = hint ? [hint, ...target.seeds] : target.seeds;
      return firstThatOpens(target, places, (place) => openLink(place, target.access, deadlineMs));
    }
    case "sentinel":
      return firstThatOpens(target, target.sentinels, (place) => openMaster(target, place, deadlineMs));
  }
}

/** The address in a MOVED reply; a node that does not know its own name leaves the host out and means itself. */
export function movedTo(message: string, from: string): Address | null {
  const parts = /^MOVED \d+ (.*):(\d+)/.exec(message);
  if (!parts) return null;
  const host = parts[1] || from.replace(/:\d+$/, "");
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(parts[2]) };
}

async function firstThatOpens(
  target: RedisTarget,
  places: readonly Address[],
  open: (place: Address) => Promise<Link>,
): Promise<Link> {
  const reasons: string[] = [];
  for (const place of places) {
    try {
      return await open(place);
    } catch (error) {
      if (isFailure(error, "redis_denied")) throw error;
      reasons.push(describeError(error));
    }
  }
  const cause = new Error(reasons.join("; "));
  throw unavailable("redis_unreachable", `No server answers for ${describeTarget(target)}`, { cause });
}

type SentinelTarget = Extract<RedisTarget, { kind: "sentinel" }>;

async function openMaster(target: SentinelTarget, sentinel: Address, deadlineMs: number): Promise<Link> {
  const access: Access = { ...target.sentinelAccess, database: 0, tls: target.access.tls };
  const address = await askSentinel(
    await openLink(sentinel, access, deadlineMs),
    target.masterName,
    deadlineMs,
  );
  const link = await openLink(address, target.access, deadlineMs);
  const role = await answerWithin(link, ["ROLE"], deadlineMs);
  if (Array.isArray(role) && role[0] === "master") return link;
  // Sentinel learns of a failover a little later than it happens: asked again after the backoff.
  link.destroy();
  throw unavailable("redis_unreachable", `${link.where} is not the master of ${target.masterName} any more`);
}

async function askSentinel(link: Link, masterName: string, deadlineMs: number): Promise<Address> {
  try {
    const reply = await answerWithin(link, ["SENTINEL", "get-master-addr-by-name", masterName], deadlineMs);
    if (Array.isArray(reply) && typeof reply[0] === "string")
      return { host: reply[0], port: Number(reply[1]) };
    throw unavailable("redis_unreachable", `The sentinel at ${link.where} knows no master ${masterName}`);
  } finally {
    link.destroy();
  }
}

async function answerWithin(link: Link, args: readonly string[], deadlineMs: number): Promise<Reply> {
  const timer = setTimeout(() => link.destroy(), deadlineMs);
  try {
    return await link.send(args);
  } catch (error) {
    link.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
