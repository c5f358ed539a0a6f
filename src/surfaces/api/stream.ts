/**
 * GET /stream: server-sent events. First the board, then a new board whenever it changed, and every event of the log.
 * Who comes back with `Last-Event-ID` is told what was missed, from the log itself; who was away longer than the log
 * reaches is told so (`resync`). A client that does not read is let go, and loses nothing: it comes back with its id.
 */
import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Desk } from "../../board/desk.ts";
import { describeError } from "../../errors.ts";
import { compareStreamIds, isStreamId } from "../../events/entry.ts";
import { comeBack, type Frame, frameOf, heartbeat, idLine, logFrame } from "./frames.ts";
import { callerOn } from "./gate.ts";
import { Refusal } from "./problems.ts";
import type { ApiParts } from "./server.ts";

const streamsMax = 1000;
const heartbeatEveryMs = 15_000;
/** What may wait for a client that reads slowly, bytes: boards are not among it, for only the newest waits. */
const waitingMax = 4_000_000;
/** Events read at once when a client comes back. */
const missedAtOnce = 500;

/** Adds the stream below the prefix. */
export function addStream(app: FastifyInstance, parts: ApiParts): void {
  app.get(
    "/stream",
    { exposeHeadRoute: false, schema: { summary: "Server-sent events: board, log, resync" } },
    async (request, reply) => {
      if (parts.live.listeners() >= streamsMax) throw new Refusal("too_many_streams");
      const asked = request.headers["last-event-id"];
      const lastId = typeof asked === "string" && asked.includes("-") && isStreamId(asked) ? asked : null;
      const held = holdBack();
      const { since, end } = await parts.live.listen(held.listener);
      reply.hijack();
      const ended = new AbortController();
      const welcome = parts.access.whenEnded(callerOn(request), () => ended.abort());
      const out = openWriter(reply.raw, () => {
        end();
        welcome.forget();
      });
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value);
      reply.raw.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
      });
      out.write(comeBack);
      out.every(heartbeatEveryMs, () => {
        if (stillWelcome(parts, request)) out.write(heartbeat);
        else out.end();
      });
      whenAborted(ended.signal, out.end);
      try {
        if (lastId !== null) await tellMissed(parts.desk(), { lastId, since }, out);
        held.release(out, lastId === null ? since : null);
      } catch (error) {
        parts.log.warn(
          { error: describeError(error) },
          "A stream could not be resumed; its client comes back.",
        );
        out.end();
      }
    },
  );
}

/** A session whose time is over ends its streams at the next beat; one that is ended does so at once (`whenEnded`). */
function stillWelcome({ access, cookie }: ApiParts, request: FastifyRequest): boolean {
  const session = request.cookies[cookie];
  return request.caller?.by !== "cookie" || (session !== undefined && access.ofSession(session) !== null);
}

function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
}

type Writer = {
  write(frame: Frame | string): void;
  /** Resolves when the client has read enough to be told more; false where there is no client any more. */
  ready(): Promise<boolean>;
  board(frame: Frame): void;
  every(ms: number, act: () => void): void;
  end(): void;
};

function openWriter(response: ServerResponse, closed: () => void): Writer {
  let waitingBoard: Frame | null = null;
  let timer: NodeJS.Timeout | null = null;
  const isOver = () => response.destroyed || response.writableEnded;
  const finish = () => {
    if (timer !== null) clearInterval(timer);
    closed();
  };
  response.on("close", finish);
  response.on("error", finish);
  // Gone while it was being welcomed: nothing will tell of it again.
  if (response.destroyed) finish();
  response.on("drain", () => {
    const board = waitingBoard;
    waitingBoard = null;
    if (board !== null) response.write(board);
  });
  return {
    async ready() {
      while (!isOver() && response.writableNeedDrain) {
        const { promise, resolve } = Promise.withResolvers<void>();
        response.once("drain", resolve).once("close", resolve);
        await promise;
        response.off("drain", resolve).off("close", resolve);
      }
      return !isOver();
    },
    write(frame) {
      if (isOver()) return;
      if (response.writableLength > waitingMax) response.destroy();
      else response.write(frame);
    },
    board(frame) {
      if (isOver()) return;
      if (response.writableNeedDrain) waitingBoard = frame;
      else response.write(frame);
    },
    every(ms, act) {
      if (isOver()) return;
      timer = setInterval(act, ms);
      timer.unref();
    },
    end: () => void response.end(),
  };
}

/** Takes what is told before the client has been told what it missed; at most as much as a slow client may keep. */
function holdBack() {
  const frames: Frame[] = [];
  let bytes = 0;
  let board: Frame | null = null;
  let out: Writer | null = null;
  let firstId: string | null = null;
  const tellBoard = (to: Writer, frame: Frame) => {
    if (firstId === null) return to.board(frame);
    // Who comes for the first time learns where the log stood, and so loses nothing when it is cut off at once.
    to.write(Buffer.concat([Buffer.from(idLine(firstId)), frame]));
    firstId = null;
  };
  return {
    listener: {
      log(frame: Frame) {
        if (out !== null) return out.write(frame);
        bytes += frame.length;
        if (bytes <= waitingMax) frames.push(frame);
        else frames.length = 0;
      },
      board(frame: Frame) {
        if (out !== null) tellBoard(out, frame);
        else board = frame;
      },
    },
    /** Tells it all, and from now on at once. `id`: where the log stood when the listening began; null: already known. */
    release(to: Writer, id: string | null) {
      if (bytes > waitingMax) return to.end();
      // An event that came meanwhile has a later id.
      firstId = frames.length === 0 ? id : null;
      out = to;
      if (board !== null) tellBoard(to, board);
      for (const frame of frames) to.write(frame);
    },
  };
}

/** The events after `lastId` up to `since`: those after that are told by the follower. */
async function tellMissed(
  desk: Desk,
  { lastId, since }: { lastId: string; since: string },
  out: Writer,
): Promise<void> {
  if (await desk.isGapAfter(lastId)) {
    out.write(frameOf({ event: "resync", id: since, data: JSON.stringify({ after: lastId, from: since }) }));
    return;
  }
  let after: string | null = lastId;
  while (after !== null) {
    const page = await desk.events({ since: after, limit: missedAtOnce });
    for (const event of page.items) {
      if (compareStreamIds(event.streamid, since) > 0 || !(await out.ready())) return;
      out.write(logFrame(event));
    }
    after = page.next;
  }
}
