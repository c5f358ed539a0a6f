/** What the integrator shows to a fence with each of its pushes: grants, made at the moment of the push. */
import { randomBytes } from "node:crypto";
import { isoTime, wallMs } from "../clock.ts";
import { leaseRef } from "../git/lease-ref.ts";
import type { RefUpdate } from "../git/push.ts";
import type { SigningKey } from "../git/ssh-signature.ts";
import {
  breakGlassSeconds,
  breakGlassText,
  grantOption,
  grantSeconds,
  landingText,
  type Move,
} from "./grant.ts";

export type GrantRequest = {
  updates: readonly RefUpdate[];
  lease: { token: number; sequence: number; owner: string };
  candidates: readonly string[];
};

export type GrantGround = {
  /** The key as it is now: it may come, or be another one, while a session runs. */
  key: () => Promise<SigningKey | null>;
  repository: string;
  main: string;
};

/** Grants by the integrator's key: the push options of one push; none without a key, or where nothing guarded moves. */
export function grantsBy({ key, repository, main }: GrantGround) {
  const guarded = new Set([`refs/heads/${main}`, leaseRef]);
  return {
    async optionsFor({ updates, lease, candidates }: GrantRequest): Promise<string[]> {
      const moves: Move[] = [];
      for (const { ref, old, new: to } of updates)
        if (guarded.has(ref) && to !== null) moves.push({ ref, old, new: to });
      const signing = moves.length === 0 ? null : await key();
      if (signing === null) return [];
      const { token, sequence, owner: holder } = lease;
      const expires = secondsNow() + grantSeconds;
      const text = landingText({ repository, token, sequence, holder, moves, candidates, expires });
      return [grantOption(text, signing)];
    },
  };
}

export type BrokenGlass = {
  /** The push option that admits one push of main. */
  option: string;
  /** Until when, RFC 3339. */
  until: string;
};

/** A grant for one push of main by hand. */
export function breakGlassBy(key: SigningKey, repository: string, holder: string): BrokenGlass {
  const expires = secondsNow() + breakGlassSeconds;
  const nonce = randomBytes(16).toString("hex");
  return {
    option: grantOption(breakGlassText({ repository, holder, nonce, expires }), key),
    until: isoTime(expires * 1000),
  };
}

function secondsNow(): number {
  return Math.floor(wallMs() / 1000);
}
