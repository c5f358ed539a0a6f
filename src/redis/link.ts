/**
 * One physical connection to one server, from the first byte to the last. It never reconnects: whoever holds it asks for
 * a new one. So no command can be sent twice behind anybody's back, and a frozen connection is simply thrown away.
 *
 * The protocol is read by node-redis' own decoder, on a socket of ours. Its client was left out: reconnecting,
 * queueing and re-sending are the port's here, and loading its two thousand command files took a command line call
 * longer than everything else together.
 */
import { readFile } from "node:fs/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { ErrorReply } from "@redis/client/dist/lib/errors.js";
import { Decoder } from "@redis/client/dist/lib/RESP/decoder.js";
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
  const socket = await openSocket(place, access.tls);
  const timer = setTimeout(
    () => socket.destroy(new Error(`no connection within ${deadlineMs} ms`)),
    deadlineMs,
  );
  const talk = converse(socket);
  try {
    await Promise.all([...login(access).map(talk.send), talk.send(["PING"]).catch(ignoreLoading)]);
  } catch (error) {
    talk.destroy();
    if (error instanceof ErrorReply) throw failureOfReply("the login", error.message, where);
    throw unavailable("redis_unreachable", `Redis at ${where} cannot be reached`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
  return { where, ...talk };
}

function login({ username, password, database }: Access): string[][] {
  const commands: string[][] = [];
  if (password !== null) commands.push(username === null ? ["AUTH", password] : ["AUTH", username, password]);
  if (database !== 0) commands.push(["SELECT", String(database)]);
  return commands;
}

/** What waits to be sent goes at once when it is so long, in characters. */
const largePiece = 32_768;

type Waiting = { resolve(reply: Reply): void; reject(error: unknown): void };

/** Commands and their answers, in order. What is sent in one turn of the loop leaves in one piece, or in large ones. */
function converse(socket: Socket): Pick<Link, "alive" | "send" | "destroy"> {
  const waiting: Waiting[] = [];
  let head = 0;
  let unsent: string[] = [];
  let unsentLength = 0;
  let ended: Error | null = null;

  const next = (): Waiting | undefined => {
    const first = waiting[head];
    head++;
    // The answered ones are dropped in bulk: shifting an array of thousands, one by one, is what takes time.
    if (head > 1024) {
      waiting.splice(0, head);
      head = 0;
    }
    return first;
  };
  const decoder = new Decoder({
    onReply: (reply: Reply) => next()?.resolve(reply),
    onErrorReply: (error) => next()?.reject(error),
    onPush: () => undefined,
    getTypeMapping: () => ({}),
  });
  const end = (error: Error): void => {
    ended ??= error;
    socket.destroy();
    for (const one of waiting.splice(0).slice(head)) one.reject(ended);
    head = 0;
  };
  socket.on("data", (chunk: Buffer) => {
    try {
      decoder.write(chunk);
    } catch (error) {
      // Not a Redis, or a broken one: nothing that follows can be trusted.
      end(error instanceof Error ? error : new Error(String(error)));
    }
  });
  socket.on("error", end).on("close", () => end(new Error("the connection was closed")));

  const flush = (): void => {
    if (ended === null && unsent.length > 0) socket.write(unsent.join(""));
    unsent = [];
    unsentLength = 0;
  };
  return {
    alive: () => ended === null,
    send(args) {
      if (ended !== null) return Promise.reject(ended);
      const answer = new Promise<Reply>((resolve, reject) => waiting.push({ resolve, reject }));
      if (unsent.length === 0) setImmediate(flush);
      const text = encode(args);
      unsent.push(text);
      unsentLength += text.length;
      // The server works on a large piece while the next is made.
      if (unsentLength >= largePiece) flush();
      return answer;
    },
    destroy: () => end(new Error("the connection was cut")),
  };
}

/** A command as RESP has it: an array of texts, each with its length in bytes. */
function encode(args: readonly string[]): string {
  let text = `*${args.length}\r\n`;
  for (const arg of args) text += `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`;
  return text;
}

async function openSocket(place: Place, tls: TlsFiles | null): Promise<Socket> {
  if ("path" in place) return connectTcp({ path: place.path });
  const { host, port } = place;
  const base = { host, port, keepAlive: true, noDelay: true };
  if (tls === null) return connectTcp(base);
  // SNI takes names only; an address is checked against the certificate all the same.
  const servername = tls.servername ?? (isIP(host) === 0 ? host : null);
  // Loaded where it is needed: most servers listen on a socket of this machine.
  const { connect: connectTls } = await import("node:tls");
  return connectTls({ ...base, ...(await tlsFiles(tls)), ...(servername === null ? {} : { servername }) });
}

/** A server that loads or is busy is connected well enough: its commands say so themselves. */
function ignoreLoading(error: unknown): void {
  const benign = error instanceof ErrorReply && !/^(NOAUTH|WRONGPASS)/.test(error.message);
  if (!benign || classifyReply(error.message).class !== "world") throw error;
}

async function tlsFiles(tls: TlsFiles): Promise<ConnectionOptions> {
  const files: ConnectionOptions = {};
  if (tls.caFile) files.ca = await readFile(tls.caFile);
  if (tls.certFile) files.cert = await readFile(tls.certFile);
  if (tls.keyFile) files.key = await readFile(tls.keyFile);
  return files;
}

function placeName(place: Place): string {
  return "path" in place ? place.path : formatAddress(place);
}
