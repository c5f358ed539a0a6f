/** Where a repository's API is found, and what opens it: the daemon's own record, and the tokens beside it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { unavailable } from "../errors.ts";
import { daemonNotRunning, readDaemon } from "./process-file.ts";
import type { Role } from "./shapes-of-api.ts";

/** Files in the private folder, one token each, 0600. */
export const tokenFiles: Readonly<Record<Role, string>> = {
  admin: "api-token",
  worker: "api-token.worker",
  viewer: "api-token.viewer",
};

/** `url` without a slash at its end. */
export type ApiPlace = { url: string; token: string };

/** Throws `daemon_not_running` (unavailable) where none serves, or where it has no API yet. */
export async function readApiPlace(privateDir: string, role: Role = "admin"): Promise<ApiPlace> {
  const daemon = await readDaemon(privateDir);
  if (daemon === null || daemon.url === null) throw daemonNotRunning();
  const token = await readFile(join(privateDir, tokenFiles[role]), "utf8").catch((cause: unknown) => {
    throw unavailable("api_token_unreadable", "The API's token cannot be read by this account.", {
      cure: "Ask as the account that runs the daemon.",
      cause,
    });
  });
  return { url: daemon.url, token: token.trim() };
}
