/** A commit's own signature: put into its bytes, and taken out again. */
import type { ObjectFormat } from "./objects.ts";
import { commitNamespace, type SigningKey, signSsh, verifySsh } from "./ssh-signature.ts";

/** The bytes of a commit, signed by this key. */
export function signedCommit(content: Buffer, format: ObjectFormat, key: SigningKey): Buffer {
  const armor = signSsh(key, commitNamespace, content).trimEnd().replace(/\n/g, "\n ");
  const end = content.indexOf("\n\n");
  const header = Buffer.from(`\n${headerOf(format)} ${armor}`, "latin1");
  return Buffer.concat([content.subarray(0, end), header, content.subarray(end)]);
}

/** Is it signed by one of these keys, as it stands? */
export function isSignedBy(content: Buffer, format: ObjectFormat, keys: readonly Buffer[]): boolean {
  const end = content.indexOf("\n\n");
  const head = content.toString("latin1", 0, end < 0 ? content.length : end);
  const pattern = new RegExp(`\\n${headerOf(format)} (.*(?:\\n .*)*)`);
  const found = pattern.exec(head);
  if (found === null) return false;
  const signature = (found[1] ?? "").replace(/\n /g, "\n");
  const plain = Buffer.concat([
    content.subarray(0, found.index),
    content.subarray(found.index + found[0].length),
  ]);
  return verifySsh(signature, { keys, namespace: commitNamespace, content: plain });
}

function headerOf(format: ObjectFormat): string {
  return format === "sha256" ? "gpgsig-sha256" : "gpgsig";
}
