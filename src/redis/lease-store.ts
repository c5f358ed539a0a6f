/**
 * A lease in Redis: one holder, a fencing token that only grows, judged by the Redis clock alone. Used for the
 * processor (events) and for the integrator (integration). Each operation is one atomic script.
 *
 * The record stays after it has expired (it says who died) and counts for nothing then: what decides is `expires_at`, in
 * the record, against Redis' TIME, so that a stepped clock of any worker changes nothing. No key has a TTL.
 */
import { unavailable } from "../errors.ts";
import { defineScript, type Redis, type Reply } from "./connection.ts";
import type { Keys } from "./keys.ts";

export type LeaseRecord = {
  owner: string;
  token: number;
  acquiredAtMs: number;
  renewedAtMs: number;
  expiresAtMs: number;
};

export type AcquireOutcome = { kind: "acquired"; lease: LeaseRecord } | { kind: "held"; lease: LeaseRecord };

export type RenewOutcome = { kind: "renewed"; lease: LeaseRecord } | { kind: "lost" };

export type LeaseStore = {
  /** Takes the lease when it is free or expired. The token is max(the highest given, floor) + 1. */
  acquire(owner: string, ttlMs: number, tokenFloor?: number): Promise<AcquireOutcome>;
  /** Extends it, only while `token` still holds it unexpired. */
  renew(token: number, ttlMs: number): Promise<RenewOutcome>;
  /** Gives it back, only if `token` holds it. Idempotent. */
  release(token: number): Promise<boolean>;
  /** The holder and Redis' time now; `lease` is null when nobody holds it unexpired. */
  read(): Promise<{ nowMs: number; lease: LeaseRecord | null }>;
};

export type LeaseStoreOptions = { redis: Redis; leaseKey: string; tokenKey: string };

/** The lease of a name, and its highest token beside it. */
export function openLease({ redis, keys }: { redis: Redis; keys: Keys }, name: string): LeaseStore {
  return openLeaseStore({ redis, leaseKey: keys.lease(name), tokenKey: keys.leaseToken(name) });
}

/** The lease under `leaseKey`, its highest token under `tokenKey`. */
export function openLeaseStore({ redis, leaseKey, tokenKey }: LeaseStoreOptions): LeaseStore {
  return {
    acquire: async (owner, ttlMs, tokenFloor = 0) => {
      const reply = await redis.script(acquireScript, [leaseKey, tokenKey], [owner, ttlMs, tokenFloor]);
      const { flag, lease } = parse(reply);
      if (!lease) throw malformed();
      return { kind: flag === 1 ? "acquired" : "held", lease };
    },
    renew: async (token, ttlMs) => {
      const { flag, lease } = parse(await redis.script(renewScript, [leaseKey], [token, ttlMs]));
      return flag === 1 && lease ? { kind: "renewed", lease } : { kind: "lost" };
    },
    release: async (token) => (await redis.script(releaseScript, [leaseKey], [token])) === 1,
    read: async () => {
      const { flag, nowMs, lease } = parse(await redis.script(readScript, [leaseKey], []));
      return { nowMs, lease: flag === 1 ? lease : null };
    },
  };
}

/*
 * allow-oom: a Redis whose memory is full must still let go of a lease. Numbers are written with %.0f: Lua would turn a
 * time in ms into 1.7e+12.
 */
const opening = `#!lua flags=allow-oom
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local fields = {'owner', 'token', 'acquired_at', 'renewed_at', 'expires_at'}
local function text(number) return string.format('%.0f', number) end
local function read() return redis.call('HMGET', KEYS[1], unpack(fields)) end
local function answer(flag, record) return {flag, text(now), record[1], record[2], record[3], record[4], record[5]} end
local function unexpired(record) return record[5] and tonumber(record[5]) > now end
`;

const acquireScript = defineScript(
  "lease-acquire",
  `${opening}
local record = read()
local highest = tonumber(redis.call('GET', KEYS[2]) or 0)
if unexpired(record) then return answer(0, record) end
local token = math.max(highest, tonumber(record[2] or 0), tonumber(ARGV[3])) + 1
local expires = text(now + tonumber(ARGV[2]))
redis.call('SET', KEYS[2], text(token))
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'token', text(token), 'acquired_at', text(now),
  'renewed_at', text(now), 'expires_at', expires)
return answer(1, read())
`,
);

const renewScript = defineScript(
  "lease-renew",
  `${opening}
local record = read()
if record[2] ~= ARGV[1] or not unexpired(record) then return answer(0, record) end
redis.call('HSET', KEYS[1], 'renewed_at', text(now), 'expires_at', text(now + tonumber(ARGV[2])))
return answer(1, read())
`,
);

const releaseScript = defineScript(
  "lease-release",
  `${opening}
if read()[2] ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`,
);

const readScript = defineScript(
  "lease-read",
  `${opening}
local record = read()
return answer(unexpired(record) and 1 or 0, record)
`,
);

function parse(reply: Reply): { flag: number; nowMs: number; lease: LeaseRecord | null } {
  if (!Array.isArray(reply)) throw malformed();
  const [flag, nowMs, owner, ...numbers] = reply;
  const [token = 0, acquiredAtMs = 0, renewedAtMs = 0, expiresAtMs = 0] = numbers.map(Number);
  const lease = typeof owner === "string" ? { owner, token, acquiredAtMs, renewedAtMs, expiresAtMs } : null;
  return { flag: Number(flag), nowMs: Number(nowMs), lease };
}

function malformed(): Error {
  return unavailable("redis_refused", "The lease script answered with something else than a lease");
}
