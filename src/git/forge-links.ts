/**
 * Where a forge shows the commits and branches of a remote. Pure, from the URL alone: nothing is asked. Only hosts whose form
 * of address is certain get links: the well-known ones, and those that are named after their software (`gitlab.example.com`).
 * Only https comes out, without user, password or anything that a path segment may not hold.
 */
import { parseRemoteUrl } from "./identity.ts";

/** Addresses with `{sha}` and `{branch}` to be filled in (`branch` with each of its segments percent-encoded). */
export type ForgeLinks = { commit: string; branch: string };

type Forge = "github" | "gitlab" | "gitea" | "bitbucket" | "sourcehut";

/** Null where the remote is a path, this machine, or a host whose addresses are not known. */
export function forgeLinks(remoteUrl: string): ForgeLinks | null {
  const url = parseRemoteUrl(remoteUrl);
  if (url === null || url.kind === "path" || url.host.length > 253) return null;
  const host = hostOf(url.host);
  const forge = host === null ? null : forgeAt(host);
  const port = portOf(url);
  const path = forge === null ? null : pathOf(url.path, forge);
  if (host === null || forge === null || port === null || path === null) return null;
  const { commit, branch } = forms[forge];
  const home = `https://${host}${port}/${path}`;
  return { commit: `${home}/${commit}`, branch: `${home}/${branch}` };
}

const forms: Record<Forge, ForgeLinks> = {
  github: { commit: "commit/{sha}", branch: "tree/{branch}" },
  gitlab: { commit: "-/commit/{sha}", branch: "-/tree/{branch}" },
  gitea: { commit: "commit/{sha}", branch: "src/branch/{branch}" },
  bitbucket: { commit: "commits/{sha}", branch: "src/{branch}" },
  sourcehut: { commit: "commit/{sha}", branch: "tree/{branch}" },
};

const wellKnown = new Map<string, Forge>([
  ["github.com", "github"],
  ["gitlab.com", "gitlab"],
  ["salsa.debian.org", "gitlab"],
  ["invent.kde.org", "gitlab"],
  ["codeberg.org", "gitea"],
  ["gitea.com", "gitea"],
  ["bitbucket.org", "bitbucket"],
  ["git.sr.ht", "sourcehut"],
]);

/** What the first word of a host's name says about the software behind it. */
const namedAfter = new Map<string, Forge>([
  ["github", "github"],
  ["gitlab", "gitlab"],
  ["gitea", "gitea"],
  ["forgejo", "gitea"],
]);

/** Other names of a host, for ssh by way of a port that firewalls let through. */
const sshNames = new Map([
  ["ssh.github.com", "github.com"],
  ["altssh.gitlab.com", "gitlab.com"],
  ["altssh.bitbucket.org", "bitbucket.org"],
  ["www.github.com", "github.com"],
]);

function forgeAt(host: string): Forge | null {
  return wellKnown.get(host) ?? namedAfter.get(host.split(".")[0] ?? "") ?? null;
}

/** A name with a dot in it, as DNS has them; neither an address nor this machine. */
function hostOf(written: string): string | null {
  const host = written.toLowerCase().replace(/\.$/, "");
  const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
  if (!new RegExp(`^(?:${label}\\.)+[a-z][a-z0-9-]*[a-z0-9]$`).test(host)) return null;
  return /(?:^|\.)localhost$/.test(host) ? null : (sshNames.get(host) ?? host);
}

/** The port of an https URL is the web's, too; what another scheme says of its own tells nothing. */
function portOf({ scheme, port }: { scheme: string; port: string }): string | null {
  if (scheme !== "https") return scheme === "http" && port !== "" && port !== "80" ? null : "";
  if (port === "" || port === "443") return "";
  return Number(port) > 0 && Number(port) < 65_536 ? `:${Number(port)}` : null;
}

function pathOf(written: string, forge: Forge): string | null {
  const path = written
    .replace(/^\/+|\/+$/g, "")
    .replace(/\.git$/, "")
    .replace(/\/+$/, "");
  const segments = path.split("/");
  const isPlain = segments.every(
    (each) => /^~?[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(each) && !each.endsWith("."),
  );
  const isUser = segments[0]?.startsWith("~") === true;
  const isNested = forge === "gitlab" ? segments.length >= 2 && segments.length <= 21 : segments.length === 2;
  return isPlain && isNested && isUser === (forge === "sourcehut") && path.length <= 500 ? path : null;
}
