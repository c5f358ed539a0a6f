/** Pure: the signature of Standard Webhooks (version v1): HMAC-SHA256 over id, timestamp and body. */
import { createHmac } from "node:crypto";

export type SigningKeys =
  | { kind: "keys"; keys: readonly Buffer[] }
  /** A sentence that holds nothing of the secret. */
  | { kind: "unusable"; why: string };

const prefix = "whsec_";
/** What the standard asks for, in bytes. */
const leastBytes = 24;
const mostBytes = 64;

/**
 * The keys of a secret as it is handed out: `whsec_` and base64. Several with blanks between sign at once, so that a secret
 * can be changed without a message lost: the receiver takes whichever it knows.
 */
export function signingKeys(secret: string): SigningKeys {
  const keys: Buffer[] = [];
  for (const word of secret.split(/\s+/).filter((each) => each !== "")) {
    const text = word.startsWith(prefix) ? word.slice(prefix.length) : word;
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(text))
      return { kind: "unusable", why: "its secret is not base64 (whsec_…)" };
    const key = Buffer.from(text, "base64");
    if (key.length < leastBytes || key.length > mostBytes)
      return {
        kind: "unusable",
        why: `its secret has ${key.length} bytes; ${leastBytes} to ${mostBytes} are asked for`,
      };
    keys.push(key);
  }
  return keys.length === 0 ? { kind: "unusable", why: "its secret is empty" } : { kind: "keys", keys };
}

/** What a message is signed by: its id, when it leaves (seconds since the epoch), its body, byte for byte. */
export type Signed = { id: string; timestampS: number; body: string };

/** The three headers of a message. */
export function signatureHeaders({ id, timestampS, body }: Signed, keys: readonly Buffer[]) {
  const content = `${id}.${timestampS}.${body}`;
  const signatures = keys.map((key) => `v1,${createHmac("sha256", key).update(content).digest("base64")}`);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestampS),
    "webhook-signature": signatures.join(" "),
  };
}
