/** The environment git runs in (pure): an allow-list of the caller's, our fixed settings, configuration by variables. */

export type Environment = Readonly<Record<string, string | undefined>>;
/** One configuration entry, as `git -c key=value`. */
export type ConfigEntry = readonly [key: string, value: string];

export type EnvironmentOptions = {
  env: Environment;
  mode?: "hermetic" | "user";
  access?: readonly ConfigEntry[];
  config: readonly ConfigEntry[];
  extra: Environment;
};

/** What is taken over from the caller's environment: reaching remotes, finding programs, nothing that steers git itself. */
const allowed = new Set([
  "HOME",
  "USER",
  "LOGNAME",
  "PATH",
  "TMPDIR",
  "SYSTEMROOT",
  "XDG_RUNTIME_DIR",
  "SSH_AUTH_SOCK",
  "SSH_AGENT_PID",
  "GIT_SSH",
  "GIT_SSH_COMMAND",
  "GIT_SSH_VARIANT",
  "http_proxy",
  "https_proxy",
  "HTTPS_PROXY",
  "no_proxy",
  "NO_PROXY",
  "all_proxy",
  "ALL_PROXY",
  "GIT_SSL_CAINFO",
  "GIT_SSL_CAPATH",
  "GIT_SSL_CERT",
  "GIT_SSL_KEY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "CURL_CA_BUNDLE",
  "GIT_PROXY_SSL_CAINFO",
  "KRB5CCNAME",
  "GNUPGHOME",
  "DBUS_SESSION_BUS_ADDRESS",
]);
/** Of git's own variables, what a person may have set for the commands they type. The rest (GIT_DIR, GIT_INDEX_FILE …) leaks from hooks. */
const allowedForUser =
  /^(?:GIT_(?:ASKPASS|SSH|SSH_COMMAND|SSH_VARIANT|CONFIG_GLOBAL|CONFIG_SYSTEM|CONFIG_NOSYSTEM|CONFIG_COUNT|CONFIG_KEY_\d+|CONFIG_VALUE_\d+|SSL_\w+|PROXY_\w+|AUTHOR_\w+|COMMITTER_\w+|TERMINAL_PROMPT)|(?!GIT_).*)$/;

/** The same for every hermetic call; a repository's own configuration cannot override these. */
const fixedConfig: readonly ConfigEntry[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.untrackedCache", "false"],
  ["core.pager", "cat"],
  ["core.attributesFile", "/dev/null"],
  ["core.excludesFile", "/dev/null"],
  ["core.alternateRefsCommand", "true"],
  ["core.askPass", ""],
  ["core.quotePath", "false"],
  ["commit.gpgSign", "false"],
  ["push.gpgSign", "false"],
  ["log.showSignature", "false"],
  ["submodule.recurse", "false"],
  ["fetch.recurseSubmodules", "false"],
  ["push.recurseSubmodules", "no"],
  ["push.followTags", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["advice.detachedHead", "false"],
];
/** Programs that a repository's own configuration could name for a remote; the access settings, if any, come after. */
const fixedAccess: readonly ConfigEntry[] = [
  ["core.sshCommand", "ssh -o BatchMode=yes"],
  ["credential.helper", ""],
];

/** For the calls that mean to reach a remote: the transports that run no program of the URL's choice. */
export const reachingRemotes: Environment = { GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh" };

/** The whole environment of one call. Configuration goes by variables: other users see arguments, but not these. */
export function gitEnvironment(options: EnvironmentOptions): Record<string, string> {
  const user = options.mode === "user";
  const base = user ? userEnvironment(options.env) : hermeticEnvironment(options.env);
  const ours = user ? [] : [...fixedConfig, ...fixedAccess, ...(options.access ?? [])];
  const config = configEnvironment([...ours, ...options.config], user ? base : {});
  return { ...base, ...config, ...present(options.extra) };
}

function hermeticEnvironment(env: Environment): Record<string, string> {
  const taken = Object.entries(present(env)).filter(([name]) => allowed.has(name));
  return {
    ...Object.fromEntries(taken),
    LC_ALL: "C",
    LANGUAGE: "C",
    TZ: "UTC",
    TERM: "dumb",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_EDITOR: "false",
    GIT_PAGER: "cat",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    // A partial clone's configuration could make any look at an object run its remote's programs.
    GIT_ALLOW_PROTOCOL: "none",
    GIT_NO_LAZY_FETCH: "1",
    GIT_DEFAULT_REF_FORMAT: "files",
    // A repository's own core.gitProxy would win over ours; an empty variable wins over both.
    GIT_PROXY_COMMAND: "",
  };
}

function userEnvironment(env: Environment): Record<string, string> {
  const taken = Object.entries(present(env)).filter(([name]) => allowedForUser.test(name));
  return { ...Object.fromEntries(taken), LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", GIT_PAGER: "cat" };
}

function configEnvironment(entries: readonly ConfigEntry[], base: Environment): Record<string, string> {
  const first = Number(base.GIT_CONFIG_COUNT ?? 0);
  const pairs = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${first + index}`, key],
    [`GIT_CONFIG_VALUE_${first + index}`, value],
  ]);
  if (pairs.length === 0) return {};
  return { ...Object.fromEntries(pairs), GIT_CONFIG_COUNT: String(first + entries.length) };
}

function present(env: Environment): Record<string, string> {
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(env)) if (value !== undefined) pairs.push([name, value]);
  return Object.fromEntries(pairs);
}
