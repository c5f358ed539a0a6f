/** The environment variables Signalbox knows, from any set of variables to one frozen value. Pure. */
import { isAbsolute, join } from "node:path";
import { badInput, type Problem } from "../errors.ts";

export type Variables = { readonly [name: string]: string | undefined };

export type Environment = {
  /** Where private folders and fetched engines live. */
  readonly home: string;
  /** A Redis of the user's own; null: one of ours. May hold a password: never printed. */
  readonly redisUrl: string | null;
  /** Who is calling, as set for every session that Signalbox starts. */
  readonly sessionId: string | null;
  readonly role: string | null;
  readonly slug: string | null;
  /** Another Bot API server than Telegram's own, without a slash at its end; null: Telegram's. */
  readonly telegramApiRoot: string | null;
  readonly path: string;
  /** The user's home folder. */
  readonly userHome: string;
  /** For sockets; null where the system gives none. */
  readonly runtimeDir: string | null;
  readonly temporaryDir: string;
  readonly noColor: boolean;
  /** Everything, for children (git, workers, checks), which take their own choice of it. */
  readonly variables: Variables;
};

/**
 * Reads the variables. An empty one counts as unset; a relative `XDG_…` path is ignored, as that standard asks.
 * Throws a `bad_environment` Failure that lists every problem.
 */
export function environmentOf(
  variables: Variables,
  system: { userHome: string; temporaryDir: string },
): Environment {
  const value = (name: string) => (variables[name] === "" ? null : (variables[name] ?? null));
  const folder = (name: string) => {
    const path = value(name);
    return path !== null && isAbsolute(path) ? path : null;
  };
  const problems: Problem[] = [];

  const userHome = folder("HOME") ?? system.userHome;
  const ownHome = value("SIGNALBOX_HOME");
  if (ownHome !== null && !isAbsolute(ownHome)) {
    problems.push({ path: "SIGNALBOX_HOME", message: "must be an absolute path" });
  }
  const redisUrl = value("SIGNALBOX_REDIS_URL");
  if (redisUrl !== null && !redisUrlPattern.test(redisUrl)) {
    problems.push({ path: "SIGNALBOX_REDIS_URL", message: "must be a redis://, rediss:// or unix:// URL" });
  }
  const telegramApiRoot = value("SIGNALBOX_TELEGRAM_API_ROOT");
  if (telegramApiRoot !== null && !apiRootPattern.test(telegramApiRoot)) {
    problems.push({
      path: "SIGNALBOX_TELEGRAM_API_ROOT",
      message: "must be an https:// URL without user and password, or http:// on a loopback address",
    });
  }
  for (const name of ["SIGNALBOX_SESSION_ID", "SIGNALBOX_ROLE", "SIGNALBOX_SLUG"]) {
    const text = value(name);
    if (text !== null && !namePattern.test(text)) {
      problems.push({ path: name, message: "must be one word of letters, digits, '.', '_', ':', '@', '-'" });
    }
  }
  if (problems.length > 0) {
    const names = problems.map(({ path }) => path).join(", ");
    throw badInput("bad_environment", `The environment is not usable: ${names}.`, {
      cure: "Correct or unset these variables.",
      problems,
    });
  }

  return Object.freeze({
    home: ownHome ?? join(folder("XDG_STATE_HOME") ?? join(userHome, ".local", "state"), "signalbox"),
    redisUrl,
    sessionId: value("SIGNALBOX_SESSION_ID"),
    role: value("SIGNALBOX_ROLE"),
    slug: value("SIGNALBOX_SLUG"),
    telegramApiRoot: telegramApiRoot?.replace(/\/+$/, "") ?? null,
    path: value("PATH") ?? "",
    userHome,
    runtimeDir: folder("XDG_RUNTIME_DIR"),
    temporaryDir: folder("TMPDIR") ?? system.temporaryDir,
    noColor: value("NO_COLOR") !== null,
    variables: Object.freeze({ ...variables }),
  });
}

const redisUrlPattern = /^(?:rediss?|rediss?\+(?:cluster|sentinel)|unix):\/\/\S+$/;
/** The bot's token is in every URL below it: plain http never leaves this machine. */
const apiRootPattern =
  /^(?:https:\/\/[^\s/@]+|http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?)(?:\/[^\s@?#]*)?$/;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,199}$/;
