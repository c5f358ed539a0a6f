/**
 * Which repository a remote URL means. One repository has many spellings (ssh and https, with and without user,
 * `.git`, slashes, a symlinked path); all of them must give one id, since the id names its Redis keys and its folder.
 */

import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { escapeForDisplay } from "./names.ts";

export type RemoteUrl =
  | { kind: "path"; path: string }
  | {
      kind: "network";
      scheme: string;
      user: string | null;
      password: string | null;
      host: string;
      port: string;
      path: string;
    };

const defaultPorts: Record<string, string> = { ssh: "22", https: "443", http: "80", git: "9418" };
const schemes = new Map([
  ["ssh", "ssh"],
  ["git+ssh", "ssh"],
  ["ssh+git", "ssh"],
  ["https", "https"],
  ["http", "http"],
  ["git", "git"],
]);

/**
 * What all spellings of a remote have in common, `host[:port]/path` or `file:/absolute/path`, never a user or password;
 * as a clone in `directory` spells it: relative paths are taken from there, symlinks are followed. Throws on a URL that
 * `checkRemoteUrl` refuses.
 */
export async function canonicalOfRemote(url: string, directory: string): Promise<string> {
  return canonicalOfUrl(await absoluteRemoteUrl(url, directory));
}

/** As `canonicalOfRemote`, where a local path is absolute and real already (pure). */
export function canonicalOfUrl(url: string): string {
  const parsed = parseRemoteUrl(url);
  if (parsed === null) throw new TypeError(`not a remote URL: ${redactUrl(url)}`);
  return canonicalOf(parsed);
}

/** The id of a repository, `<name>-<8 hex>`: stable, safe as a folder name and in a Redis key (pure). */
export function idOfCanonical(canonical: string): string {
  const digest = createHash("sha256").update(canonical).digest("hex").slice(0, 8);
  return `${nameOf(canonical)}-${digest}`;
}

/** `url`, or the absolute real path it means where it is a local path relative to `directory` (or `~/…`). A path that does not exist stays as it is spelled. */
export async function absoluteRemoteUrl(url: string, directory: string): Promise<string> {
  const parsed = parseRemoteUrl(url);
  if (parsed === null || parsed.kind !== "path") return url;
  const path = parsed.path.startsWith("~/")
    ? resolve(homedir(), parsed.path.slice(2))
    : resolve(directory, parsed.path);
  return realpath(path).catch(() => path);
}

/** Is this remote a local path that means something else in another folder? (Pure.) */
export function isRelativePath(url: string): boolean {
  const parsed = parseRemoteUrl(url);
  return parsed?.kind === "path" && !isAbsolute(parsed.path);
}

/** Whether `url` may be used as a remote: `null`, or one sentence of what is wrong. The sentence never shows a password. */
export function checkRemoteUrl(url: string): string | null {
  const shown = `the remote URL "${escapeForDisplay(redactUrl(url).slice(0, 200))}"`;
  if (url.length === 0) return "the remote URL is empty";
  if (/[\p{Cc}\p{Cf}]/u.test(url)) return `${shown} has a control or invisible character`;
  if (url.startsWith("-")) return `${shown} begins with "-", like an option`;
  if (/^[A-Za-z0-9+.-]*::/.test(url)) return `${shown} names a remote helper, which would run a program`;
  const parsed = parseRemoteUrl(url);
  if (parsed === null)
    return `${shown} is of no kind we know (https, http, ssh, git, user@host:path, or a path)`;
  if (parsed.kind === "path") return null;
  if (parsed.host.length === 0) return `${shown} names no host`;
  if (parsed.host.startsWith("-") || parsed.user?.startsWith("-"))
    return `${shown} has a host or user that begins with "-"`;
  if (parsed.path.replace(/\//g, "").startsWith("-") && parsed.scheme === "ssh")
    return `${shown} has a path that begins with "-"`;
  if (parsed.password !== null) return `${shown} carries a password: use a credential helper instead`;
  return null;
}

/** `text` with the user and password of every URL in it taken out. */
export function redactUrl(text: string): string {
  return text.replace(/([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^\s/?#'"]*@/g, "$1***@");
}

/** The parts of a remote URL as git reads it, or `null` where it is none. */
export function parseRemoteUrl(url: string): RemoteUrl | null {
  const withScheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s.exec(url);
  if (withScheme !== null) return parseSchemeUrl(withScheme[1] ?? "", withScheme[2] ?? "");
  if (url.length === 0 || /^[A-Za-z0-9+.-]*::/.test(url)) return null;
  if (isAbsolute(url) || /^[A-Za-z]:[\\/]/.test(url)) return { kind: "path", path: url };
  // As git has it: a colon before the first slash makes it user@host:path.
  const scp = /^(?:([^/@]*)@)?(\[[^\]/]+\]|[^/:]+):(.*)$/s.exec(url);
  if (scp === null) return { kind: "path", path: url };
  return {
    kind: "network",
    scheme: "ssh",
    user: scp[1] ?? null,
    password: null,
    host: scp[2] ?? "",
    port: "",
    path: scp[3] ?? "",
  };
}

function parseSchemeUrl(schemeText: string, rest: string): RemoteUrl | null {
  if (schemeText.toLowerCase() === "file")
    return { kind: "path", path: decodePercent(rest.replace(/^localhost(?=\/)/i, "")) };
  const scheme = schemes.get(schemeText.toLowerCase());
  if (scheme === undefined) return null;
  const slash = rest.indexOf("/");
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? "" : rest.slice(slash);
  const at = authority.lastIndexOf("@");
  const credentials = at < 0 ? null : authority.slice(0, at);
  const colon = credentials === null ? -1 : credentials.indexOf(":");
  const hostAndPort = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority.slice(at + 1));
  if (hostAndPort === null) return null;
  return {
    kind: "network",
    scheme,
    user: credentials === null ? null : colon < 0 ? credentials : credentials.slice(0, colon),
    password: credentials === null || colon < 0 ? null : credentials.slice(colon + 1),
    host: hostAndPort[1] ?? "",
    port: hostAndPort[2] ?? "",
    path: decodePercent(path),
  };
}

function canonicalOf(url: RemoteUrl): string {
  if (url.kind === "path") return `file:${plainPath(url.path.replace(/\\/g, "/"))}`;
  // The scheme is left out: people reach one repository by ssh and by https.
  const port = url.port === "" || url.port === defaultPorts[url.scheme] ? "" : `:${url.port}`;
  return `${url.host.toLowerCase().replace(/\.$/, "")}${port}/${plainPath(url.path).replace(/^\/+/, "")}`;
}

function plainPath(path: string): string {
  const single = path.replace(/\/{2,}/g, "/").replace(/\/+$/, "");
  return single
    .replace(/\/\.git$/, "")
    .replace(/\.git$/, "")
    .replace(/\/+$/, "");
}

function nameOf(canonical: string): string {
  const last = canonical.split(/[/:]/).pop() ?? "";
  const safe = last
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, "-")
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  return safe.slice(0, 40).replace(/[^a-z0-9]+$/, "") || "repository";
}

function decodePercent(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // Not percent-encoded after all: git takes it as it is.
    return path;
  }
}
