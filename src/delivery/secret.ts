/** A secret of the configuration: named there, and kept in a variable or a file. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Variables } from "../config/environment.ts";

export type SecretPlace = { env: string | undefined; file: string | undefined };

/** `missing`: why, in a sentence that holds nothing of it. */
export type SecretReading = { kind: "read"; secret: string } | { kind: "missing"; why: string };

/** Reads it. A relative file is meant from `root`, the clone where signalbox.yaml is. */
export async function readSecret(
  { env, file }: SecretPlace,
  { variables, root }: { variables: Variables; root: string },
): Promise<SecretReading> {
  if (env !== undefined) {
    const secret = (variables[env] ?? "").trim();
    return secret === ""
      ? missing(`the environment variable ${env} is not set where the daemon runs`)
      : read(secret);
  }
  if (file === undefined) return missing("no secret is configured");
  try {
    const secret = (await readFile(resolve(root, file), "utf8")).trim();
    return secret === "" ? missing(`${file} is empty`) : read(secret);
  } catch {
    return missing(`${file} cannot be read`);
  }
}

function read(secret: string): SecretReading {
  return { kind: "read", secret };
}

function missing(why: string): SecretReading {
  return { kind: "missing", why };
}
