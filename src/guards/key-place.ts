/** Where the integrator's key is. Apart from what reads and makes it, which most sessions never load. */
import { access } from "node:fs/promises";
import { join } from "node:path";

/** Is there a key? */
export function hasIntegratorKey(privateDir: string): Promise<boolean> {
  return access(keyFile(privateDir)).then(
    () => true,
    () => false,
  );
}

export function keyFolder(privateDir: string): string {
  return join(privateDir, "key");
}

/** The private half; the public one is beside it, as ssh-keygen names it. */
export function keyFile(privateDir: string): string {
  return join(keyFolder(privateDir), "integrator");
}

/** The public halves of every key there has been, one a line. */
export function signersFile(privateDir: string): string {
  return join(keyFolder(privateDir), "signers");
}
