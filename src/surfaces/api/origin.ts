/**
 * Pure. Whether a request may have come from where it says: against DNS rebinding (a foreign name that resolves to this
 * machine) and against other sites in the same browser. Loopback alone protects from neither.
 */
import type { RefusalCode } from "./problems.ts";

export type RequestFacts = {
  method: string;
  /** Lower-case names, as Node gives them. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The port that we listen on. */
  port: number;
  /** A page or file of the board, as opposed to the API. */
  isPage: boolean;
};

const loopbackNames = ["127.0.0.1", "localhost", "[::1]"];

/** Why the request is refused, or null. */
export function refusalOfOrigin({ method, headers, port, isPage }: RequestFacts): RefusalCode | null {
  const { host, origin } = headers;
  const site = headers["sec-fetch-site"];
  if (typeof host !== "string" || !ownHosts(port).includes(host.toLowerCase())) return "foreign_host";
  if (origin !== undefined) return origin === `http://${host.toLowerCase()}` ? null : "foreign_origin";
  if (site === undefined || site === "same-origin" || site === "none") return null;
  // A link on another page may lead to the board: it is opened without our cookie, and shows nothing by itself.
  const isNavigation = headers["sec-fetch-mode"] === "navigate" && (method === "GET" || method === "HEAD");
  return isPage && isNavigation ? null : "foreign_origin";
}

/** Why a request by cookie that changes something is refused, or null: a form of another site cannot set the header. */
export function refusalOfChange({ headers }: Pick<RequestFacts, "headers">): RefusalCode | null {
  if (headers["x-signalbox-csrf"] !== "1") return "csrf_missing";
  const isSameOrigin = headers.origin !== undefined || headers["sec-fetch-site"] === "same-origin";
  return isSameOrigin ? null : "foreign_origin";
}

/** The Host headers that name us. Port 80 is left out of them by browsers. */
export function ownHosts(port: number): string[] {
  return loopbackNames.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
}
