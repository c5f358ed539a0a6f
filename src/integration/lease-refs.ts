/** The remote's lease ref, as a value that is read and swapped: the fence of the integrator's lease. */
import { type LeaseValue, leaseRef, readLease, writeLeaseCommit } from "../git/lease-ref.ts";
import type { LineRepository } from "../git/line-repository.ts";
import { followed } from "../git/tracking-ref.ts";
import { fenceRefusal, grantedPush, noGrants, type PushGrants } from "./granted-push.ts";

export type LeaseRefRead =
  | { kind: "absent" }
  | { kind: "present"; commit: string; token: number }
  | { kind: "remote_away"; detail: string };

export type LeaseRefSwap =
  | { kind: "swapped"; commit: string }
  | { kind: "stale"; detail: string }
  /** The remote takes no refs of this namespace. */
  | { kind: "unsupported"; detail: string }
  | { kind: "remote_away"; detail: string };

export type LeaseRefs = {
  read(): Promise<LeaseRefRead>;
  /** Compare and swap at the remote; a lost reply is looked up, because the commit of a value is always the same. */
  swap(expected: string | null, value: LeaseValue): Promise<LeaseRefSwap>;
  writeCommit(value: LeaseValue): Promise<string>;
};

export function leaseRefs(line: LineRepository, grants: PushGrants = noGrants): LeaseRefs {
  const push = grantedPush(line, grants);
  return {
    async read() {
      const fetched = await line.fetch([followed(leaseRef)]);
      if (fetched.kind === "remote_away") return fetched;
      const lease = await readLease(line.objects, fetched.refs.get(leaseRef) ?? null);
      if (lease.kind === "none") return { kind: "absent" };
      // A ref that is not ours to read is still a value to expect; its token says nothing.
      return { kind: "present", commit: lease.sha, token: lease.kind === "lease" ? lease.token : 0 };
    },
    async swap(expected, value) {
      const commit = await writeLeaseCommit(line.objects, value);
      const updates = [{ ref: leaseRef, old: expected, new: commit }];
      const answer = await push({ updates, lease: value, candidates: [] });
      if (answer.kind === "pushed") return { kind: "swapped", commit };
      const seen = await line.lsRemote([leaseRef]);
      if (seen.kind === "remote_away") return seen;
      const now = seen.refs.get(leaseRef) ?? null;
      if (now === commit) return { kind: "swapped", commit };
      const detail = answer.kind === "stale" ? "the lease ref is not what it was" : answer.detail;
      if (now !== expected) return { kind: "stale", detail };
      // A fence that does not know our key would refuse every landing as well: waiting blocks nobody.
      const fenced = fenceRefusal(answer);
      if (fenced !== null) return { kind: "remote_away", detail: fenced };
      return { kind: answer.kind === "refused" ? "unsupported" : "remote_away", detail };
    },
    writeCommit: (value) => writeLeaseCommit(line.objects, value),
  };
}
