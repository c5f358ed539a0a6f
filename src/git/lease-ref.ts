/**
 * The lease as a ref at the remote: a commit on the empty tree whose message says who holds it. Moved with main in one
 * atomic push, it fences off a holder whose lease was taken over, whatever that one believes.
 */

import { isFailure } from "../errors.ts";
import type { Signature } from "./commit.ts";
import type { ObjectStore } from "./objects.ts";

export const leaseRef = "refs/signalbox/lease";

export type LeaseValue = {
  /** Raised by every take-over. */
  token: number;
  /** Raised by every push of one holder: a ref that does not change is neither sent nor compared. */
  sequence: number;
  /** The holder, random per process start. */
  owner: string;
};
export type LeaseRead =
  | { kind: "none" }
  | ({ kind: "lease"; sha: string } & LeaseValue)
  /** Somebody else's ref, or a damaged one. Still a value to expect in a push. */
  | { kind: "unreadable"; sha: string };

/** Not a time: equal values must give equal commits, so that a retry after a crash is the same push. */
const nobody: Signature = { name: "Signalbox", email: "signalbox@invalid", seconds: 0, zone: "+0000" };

/** The commit of a lease value, written to the store; the same value always has the same id. */
export async function writeLeaseCommit(objects: ObjectStore, value: LeaseValue): Promise<string> {
  const tree = await objects.writeTree([]);
  return objects.writeCommit({
    tree,
    parents: [],
    author: nobody,
    committer: nobody,
    message: leaseMessage(value),
  });
}

/** The lease that a fetched id stands for; `null` means that the remote has no lease ref. */
export async function readLease(objects: ObjectStore, sha: string | null): Promise<LeaseRead> {
  if (sha === null) return { kind: "none" };
  const message = await objects.readCommit(sha).then(
    (commit) => commit.message,
    (error: unknown) => {
      if (isFailure(error, "object_missing")) return null;
      // Nobody could look: its token must not pass for none.
      throw error;
    },
  );
  const value = message === null ? null : parseLeaseMessage(message);
  return value === null ? { kind: "unreadable", sha } : { kind: "lease", sha, ...value };
}

/** The message of a lease commit (pure). */
export function leaseMessage(value: LeaseValue): string {
  return `${JSON.stringify({ token: value.token, sequence: value.sequence, owner: value.owner })}\n`;
}

/** The value in a message, `null` where it is none (pure). */
export function parseLeaseMessage(message: string): LeaseValue | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null) return null;
  if (!("token" in parsed && "sequence" in parsed && "owner" in parsed)) return null;
  const { token, sequence, owner } = parsed;
  if (!isCount(token) || !isCount(sequence) || typeof owner !== "string") return null;
  return { token, sequence, owner };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
