/**
 * Pushes of what a fence at the remote may guard. Where the integrator has a key, each carries a grant for exactly this
 * move; a remote that takes no push options has no fence, and gets the same push without.
 */
import type { LineRepository } from "../git/line-repository.ts";
import type { RefUpdate } from "../git/push.ts";
import type { PushResult } from "../git/push-report.ts";

type Granted = {
  updates: readonly RefUpdate[];
  lease: { token: number; sequence: number; owner: string };
  /** What lands, `slug@sha`. */
  candidates: readonly string[];
};

/** Makes the push options that a fence asks for. */
export type PushGrants = { optionsFor(push: Granted): Promise<string[]> };

export type GrantedPush = (push: Granted & { deadlineMs?: number }) => Promise<PushResult>;

/** For a line without a key. */
export const noGrants: PushGrants = { optionsFor: async () => [] };

/** Pushes from this line. */
export function grantedPush(line: Pick<LineRepository, "push">, grants: PushGrants): GrantedPush {
  return async ({ updates, lease, candidates, ...call }) => {
    const options = await grants.optionsFor({ updates, lease, candidates });
    const answer = await line.push({ updates, options, ...call });
    if (answer.kind !== "refused") return answer;
    if (options.length > 0 && takesNoOptions.test(answer.detail)) return line.push({ updates, ...call });
    if (!unknownKey.test(answer.detail)) return answer;
    // The fence, or the key, may have come while the push was on its way.
    const fresh = await grants.optionsFor({ updates, lease, candidates });
    if (fresh.length === 0) return answer;
    return line.push({ updates, options: fresh, ...call });
  };
}

/**
 * Why a fence of ours refused it; null where none did. That is about the integrator and its key, never about what it
 * lands: nobody's branch is blocked for it.
 */
export function fenceRefusal(answer: PushResult): string | null {
  const words = answer.kind === "refused" ? fenceWords.exec(answer.detail)?.[1] : undefined;
  return words === undefined ? null : `its fence does not admit this integrator: ${words}`;
}

/** Git's own words, in its C locale: nothing was sent. */
const takesNoOptions = /the receiving end does not support push options/;
const fenceWords = /signalbox: (refused \(.*)/;
const unknownKey = /signalbox: refused \((?:no_grant|bad_signature)\)/;
