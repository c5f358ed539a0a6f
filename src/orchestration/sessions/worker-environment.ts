/**
 * Pure. What a worker may know of its caller's environment: everything but Signalbox's own credentials. The address of a
 * Redis of the user's own stays, its user and password do not.
 */
import { delimiter } from "node:path";
import type { Config } from "../../config.ts";

export type Variables = { readonly [name: string]: string | undefined };

export type WorkerIdentity = {
  sessionId: string;
  role: string;
  slug: string | null;
};

export type EnvironmentRequest = {
  /** The caller's. */
  variables: Variables;
  /** Variables that the configuration says hold secrets. */
  secretNames: readonly string[];
  worker: WorkerIdentity;
  /** First on PATH; null: there are no guards. */
  guardsDir: string | null;
  /** Last on PATH, so that a worker finds the `signalbox` that started it where it finds no other. */
  ownBinDir: string;
};

/** The environment of a worker. */
export function workerEnvironment(request: EnvironmentRequest): Record<string, string> {
  const { worker, guardsDir, ownBinDir } = request;
  const kept = withoutCredentials(request.variables, request.secretNames);
  const path = [guardsDir, kept.PATH ?? "", ownBinDir].filter((part) => part !== null && part !== "");
  return {
    ...kept,
    PATH: path.join(delimiter),
    SIGNALBOX_SESSION_ID: worker.sessionId,
    SIGNALBOX_ROLE: worker.role,
    ...(worker.slug === null ? {} : { SIGNALBOX_SLUG: worker.slug }),
  };
}

/** The variables that hold secrets by the configuration: the bot's token, the keys of webhooks. */
export function secretNamesOf(notify: Config["notify"]): string[] {
  const named = [notify.telegram?.tokenEnv, ...notify.webhooks.map(({ secretEnv }) => secretEnv)];
  return named.filter((name) => typeof name === "string");
}

/** The variables that say whose session a process belongs to. */
export const sessionVariables: readonly string[] = [
  "SIGNALBOX_SESSION_ID",
  "SIGNALBOX_ROLE",
  "SIGNALBOX_SLUG",
];

/** Names of ours that hold a secret, whatever they will be called. */
const ownSecret = /^SIGNALBOX_.*(?:TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL|GRANT|KEY)/i;
/** A terminal multiplexer of the caller's is not the worker's. */
const callersTerminal = ["TMUX", "TMUX_PANE"];

/**
 * What git sets for the hooks and aliases it runs, of the repository and the index they are about: a caller that was
 * started by one would have every worker's git at work there instead of in its own worktree.
 */
const callersRepository = [
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_DIR",
  "GIT_GRAFT_FILE",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_NAMESPACE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_QUARANTINE_PATH",
  "GIT_REPLACE_REF_BASE",
  "GIT_SHALLOW_FILE",
  "GIT_WORK_TREE",
];

/** The variables less every credential of ours, less whose session the caller is and which repository it is in. */
export function withoutCredentials(
  variables: Variables,
  secretNames: readonly string[],
): Record<string, string> {
  const dropped = new Set([...secretNames, ...sessionVariables, ...callersTerminal, ...callersRepository]);
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined || dropped.has(name) || ownSecret.test(name)) continue;
    const shown = name === "SIGNALBOX_REDIS_URL" ? withoutLogin(value) : value;
    if (shown !== null) kept[name] = shown;
  }
  return kept;
}

/** A URL without user, password and query (some clients take a password there); null for what is no URL. */
function withoutLogin(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  url.username = "";
  url.password = "";
  for (const name of [...url.searchParams.keys()])
    if (/pass|secret|token|auth|user/i.test(name)) url.searchParams.delete(name);
  return url.href;
}
