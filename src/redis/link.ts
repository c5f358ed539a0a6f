/**
 * One physical connection to one server, from the first byte to the last. It never reconnects: whoever holds it asks for
 * a new one. So no command can be sent twice behind anybody's back, and a frozen connection is simply thrown away.
 */
import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import { createClient, ErrorReply } from "@redis/client";
import { unavailable } from "../errors.ts";
import type { Reply } from "./connection.ts";
import { classifyReply, failureOfReply } from "./failure.ts";
import { type Access, type Address, formatAddress, type TlsFiles } from "./target.ts";

export type Place = { path: string } | Address;

export type Link = {
  /** Where it leads, for messages. */
  where: string;
  alive(): boolean;
  /** Rejects with an `ErrorReply`, or with anything else when the connection was lost. */
  send(args: readonly string[]): Promise<Reply>;
  /** Cuts the connection; what is in flight fails. */
  destroy(): void;
};

/** Connects, logs in and sees one answer, all within `deadlineMs`; throws `redis_unreachable` or `redis_denied`. */
export async function openLink(place: Place, access: Access, deadlineMs: number): Promise<Link> {
  const where = placeName(place);
  const client = createClient({
    RESP: 2,
    socket: {
      ...("path" in place ? { path: place.path, tls: false as const } : await tcpOptions(place, access.tls)),
      reconnectStrategy: false,
      connectTimeout: deadlineMs,
    },
    ...(access.username === null ? {} : { username: access.username }),
    ...(access.password === null ? {} : { password: access.password }),
    database: access.database,
    disableOfflineQueue: true,
    disableClientInfo: true,
    // The deadline is the port's own: the client's covers only the wait to be written, at a timer a command.
    commandOptions: { timeout: 0 },
  });
  let alive = true;
  const destroy = (): void => {
    alive = false;
    if (client.isOpen) client.destroy();
  };
  client.on("error", destroy);
  const timer = setTimeout(destroy, deadlineMs);
  try {
    await client.connect();
    await client.sendCommand(["PING"]).catch(ignoreLoading);
  } catch (error) {
    destroy();
    if (error instanceof ErrorReply) throw failureOfReply("the login", error.message, where);
    throw unavailable("redis_unreachable", `Redis at ${where} cannot be reached`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
  return {
    where,
    alive: () => alive && client.isReady,
    send: (args) => client.sendCommand<Reply>(args),
    destroy,
  };
}

/** A server that loads or is busy is connected well enough: its commands say so themselves. */
function ignoreLoading(error: unknown): void {
  const benign = error instanceof ErrorReply && !/^(NOAUTH|WRONGPASS)/.test(error.message);
  if (!benign || classifyReply(error.message).class !== "world") throw error;
}

async function tcpOptions(address: Address, tls: TlsFiles | null) {
  const base = { host: address.host, port: address.port, keepAlive: true, noDelay: true };
  if (!tls) return base;
  const files: ConnectionOptions = {};
  if (tls.caFile) files.ca = await readFile(tls.caFile);
  if (tls.certFile) files.cert = await readFile(tls.certFile);
  if (tls.keyFile) files.key = await readFile(tls.keyFile);
  // SNI takes names only; an address is checked against the certificate all the same.
  if (tls.servername) files.servername = tls.servername;
  return { ...base, ...files, tls: true as const };
}

function placeName(place: Place): string {
  return "path" in place ? place.path : formatAddress(place);
}
