/**
 * A grant: what the integrator's key says to the fence at the remote, for one transition and a few minutes. The
 * fence reads it with nothing but POSIX tools, so it is lines of plain words.
 */
import { type SigningKey, signSsh } from "../git/ssh-signature.ts";

/** What a grant's signature is made for: none for anything else is taken, nor this one elsewhere. */
export const grantNamespace = "signalbox-grant";

/** A move of a guarded ref; `null` is a ref that is not there. */
export type Move = { ref: string; old: string | null; new: string };

export type LandingGrant = {
  /** The repository's identity, as the fence was told it. */
  repository: string;
  /** The lease it is made under: a fence admits none that is older than the last it has seen. */
  token: number;
  sequence: number;
  holder: string;
  /** All moves of guarded refs in the push: no more, no less. */
  moves: readonly Move[];
  /** What lands, `slug@sha`: for whoever reads it. */
  candidates: readonly string[];
  /** Seconds since 1970. */
  expires: number;
};

export type BreakGlassGrant = {
  repository: string;
  holder: string;
  /** Hex; spent by the first push. */
  nonce: string;
  expires: number;
};

/** How long a grant for a landing lives, s: the remote's clock may differ by less than this. */
export const grantSeconds = 300;
/** How long broken glass stays broken, s. */
export const breakGlassSeconds = 600;

/** The words that are signed. */
export function landingText(grant: LandingGrant): string {
  const moves = grant.moves.map((move) => {
    const old = move.old ?? "0".repeat(move.new.length);
    return `move ${move.ref} ${old} ${move.new}`;
  });
  return textOf([
    "signalbox-grant 1",
    `repository ${grant.repository}`,
    `token ${grant.token}`,
    `sequence ${grant.sequence}`,
    `holder ${plain(grant.holder)}`,
    ...grant.candidates.map((candidate) => `candidate ${plain(candidate)}`),
    `expires ${grant.expires}`,
    ...moves,
  ]);
}

/** The same for the emergency lane: one push of main, to wherever it can go forward. */
export function breakGlassText(grant: BreakGlassGrant): string {
  return textOf([
    "signalbox-break-glass 1",
    `repository ${grant.repository}`,
    `holder ${plain(grant.holder)}`,
    `nonce ${grant.nonce}`,
    `expires ${grant.expires}`,
  ]);
}

/** The push option that carries it, signed. */
export function grantOption(text: string, key: SigningKey): string {
  const signed = `${text}${signSsh(key, grantNamespace, Buffer.from(text))}`;
  return `signalbox-grant=${Buffer.from(signed).toString("base64url")}`;
}

function textOf(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

/** A fence takes plain text only: a name in another script must not make a grant unreadable. */
function plain(text: string): string {
  return text.replace(/[^ -~]/g, "?").slice(0, 200);
}
