/**
 * Signatures as `ssh-keygen -Y` makes and checks them (OpenSSH's PROTOCOL.sshsig), with ed25519 keys: what git
 * takes for a signed commit, and a fence for a grant.
 *
 * Made here rather than by a process: a landing signs three times, and a process each time would be a third of it. What
 * is made is verified by ssh-keygen at the remote, and by git, in the tests too.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

/** An ed25519 key: the public half as in OpenSSH's wire format. */
export type SigningKey = { readonly publicBlob: Buffer; readonly secret: KeyObject };

/** What a commit's signature is made for, in git. */
export const commitNamespace = "git";

const keyType = "ssh-ed25519";
const hash = "sha512";
const [armorBegin, armorEnd] = ["-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"];
/** The fixed heads of an ed25519 key in DER: what follows is the 32 bytes of the key (RFC 8410). */
const privateHead = Buffer.from("302e020100300506032b657004220420", "hex");
const publicHead = Buffer.from("302a300506032b6570032100", "hex");

/** The key in a file that `ssh-keygen -t ed25519` made, without a passphrase; null for anything else. */
export function parsePrivateKey(text: string): SigningKey | null {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END OPENSSH PRIVATE KEY-----/.exec(
    text,
  )?.[1];
  if (body === undefined) return null;
  try {
    const bytes = Buffer.from(body, "base64");
    const magic = "openssh-key-v1\0";
    if (bytes.toString("latin1", 0, magic.length) !== magic) return null;
    const outer = reader(bytes.subarray(magic.length));
    const [cipher, derivation] = [outer.text(), outer.text()];
    outer.string();
    if (cipher !== "none" || derivation !== "none" || outer.number() !== 1) return null;
    const publicBlob = outer.string();
    const inner = reader(outer.string());
    // Twice the same number: with a passphrase, a sign that it was the right one.
    inner.number();
    inner.number();
    if (inner.text() !== keyType) return null;
    inner.string();
    const seed = inner.string().subarray(0, 32);
    const secret = createPrivateKey({
      key: Buffer.concat([privateHead, seed]),
      format: "der",
      type: "pkcs8",
    });
    return { publicBlob, secret };
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** `ssh-ed25519 AAAA…`, as in an authorized_keys or allowed signers file. */
export function publicLine({ publicBlob }: Pick<SigningKey, "publicBlob">): string {
  return `${keyType} ${publicBlob.toString("base64")}`;
}

/** The public half in a line of a public key file; null where it is none of ours. */
export function parsePublicLine(line: string): Buffer | null {
  const [, base64] = /(?:^|\s)ssh-ed25519 ([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(line) ?? [];
  return base64 === undefined ? null : Buffer.from(base64, "base64");
}

/** `SHA256:…`, as OpenSSH shows it. */
export function fingerprint(publicBlob: Buffer): string {
  return `SHA256:${createHash("sha256").update(publicBlob).digest("base64").replace(/=+$/, "")}`;
}

/** The armored signature of `content` in a namespace. Ed25519: the same content always has the same signature. */
export function signSsh(key: SigningKey, namespace: string, content: Buffer): string {
  const signature = Buffer.concat([
    string(keyType),
    string(sign(null, signedBytes(namespace, content), key.secret)),
  ]);
  const blob = Buffer.concat([
    Buffer.from("SSHSIG\0\0\0\x01", "latin1"),
    string(key.publicBlob),
    string(namespace),
    string(""),
    string(hash),
    string(signature),
  ]);
  const lines = blob.toString("base64").match(/.{1,70}/g) ?? [];
  return [armorBegin, ...lines, armorEnd, ""].join("\n");
}

/** Is it a signature of `content` in that namespace by one of these keys? Anything that cannot be read is not. */
export function verifySsh(
  signature: string,
  { keys, namespace, content }: { keys: readonly Buffer[]; namespace: string; content: Buffer },
): boolean {
  const text = signature.trim();
  if (!text.startsWith(armorBegin) || !text.endsWith(armorEnd)) return false;
  try {
    const blob = Buffer.from(text.slice(armorBegin.length, -armorEnd.length), "base64");
    if (blob.toString("latin1", 0, 6) !== "SSHSIG") return false;
    const outer = reader(blob.subarray(6));
    if (outer.number() !== 1) return false;
    const by = outer.string();
    const isOurs = keys.some((key) => key.equals(by));
    if (!isOurs || outer.text() !== namespace || outer.text() !== "" || outer.text() !== hash) return false;
    const inner = reader(outer.string());
    if (inner.text() !== keyType) return false;
    return verify(null, signedBytes(namespace, content), publicKeyOf(by), inner.string());
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}

function signedBytes(namespace: string, content: Buffer): Buffer {
  const digest = createHash(hash).update(content).digest();
  return Buffer.concat([Buffer.from("SSHSIG"), string(namespace), string(""), string(hash), string(digest)]);
}

function publicKeyOf(blob: Buffer): KeyObject {
  const inside = reader(blob);
  const type = inside.text();
  const bytes = inside.string();
  if (type !== keyType || bytes.length !== 32) throw new Malformed();
  return createPublicKey({ key: Buffer.concat([publicHead, bytes]), format: "der", type: "spki" });
}

/** Bytes that are not what they must be. */
class Malformed extends Error {}

/** SSH's wire format: numbers of four bytes, and strings behind their length. */
function reader(bytes: Buffer) {
  let at = 0;
  const number = (): number => {
    if (at + 4 > bytes.length) throw new Malformed();
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const next = (): Buffer => {
    const length = number();
    if (at + length > bytes.length) throw new Malformed();
    at += length;
    return bytes.subarray(at - length, at);
  };
  return { number, string: next, text: () => next().toString("latin1") };
}

function string(content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
