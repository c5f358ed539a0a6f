/**
 * The stream as a sequence. A connection that is lost, or silent for too long, is made anew, and what was missed is told
 * by the log itself (`Last-Event-ID`); `away` says that nothing is known for now, `resync` that events may be missing.
 */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { z } from "zod";
import type { ApiPlace } from "../board/api-place.ts";
import { type EventShape, eventSchema } from "../board/shapes.ts";
import { type Board, boardSchema } from "../board/shapes-of-api.ts";
import { pause } from "../clock.ts";
import { describeError } from "../errors.ts";

export type LiveEvent =
  | { kind: "board"; board: Board }
  | { kind: "log"; event: EventShape }
  | { kind: "resync" }
  | { kind: "away"; why: string };

/** The daemon says something every 15 s, if only that it lives. */
const silenceMs = 40_000;
const firstPauseMs = 100;
const longestPauseMs = 2000;

/** Never throws; ends when `signal` aborts. */
export async function* follow(
  place: () => Promise<ApiPlace>,
  signal: AbortSignal,
): AsyncGenerator<LiveEvent> {
  const state: { lastId: string | null } = { lastId: null };
  for (let failures = 0; !signal.aborted; ) {
    let why = "the stream ended";
    try {
      for await (const event of once(await place(), state, signal)) {
        failures = 0;
        yield event;
      }
    } catch (error) {
      why = describeError(error);
    }
    if (signal.aborted) return;
    failures += 1;
    if (failures === 1) yield { kind: "away", why };
    await pause(Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)), signal);
  }
}

/** One connection, to its end. Throws where it cannot be made, or is cut. */
async function* once(
  { url, token }: ApiPlace,
  state: { lastId: string | null },
  stop: AbortSignal,
): AsyncGenerator<LiveEvent> {
  const silence = new AbortController();
  const signal = AbortSignal.any([stop, silence.signal]);
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (state.lastId !== null) headers["last-event-id"] = state.lastId;
  let timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    const response = await fetch(`${url}/api/v1/stream`, { headers, signal, redirect: "error" });
    if (!response.ok || response.body === null) throw new Error(`the daemon answered ${response.status}`);
    const heard: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: (message) => heard.push(message) });
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
      parser.feed(text);
      for (const message of heard.splice(0)) {
        const event = read(message);
        if (event !== null) yield event;
        // Only now: who was told of it need not be told again.
        if (message.id !== undefined && message.id !== "") state.lastId = message.id;
      }
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/** What is of a shape that is not known here is left out: a newer daemon may say more. */
function read({ event, data }: EventSourceMessage): LiveEvent | null {
  const json: unknown = JSON.parse(data);
  if (event === "resync") return { kind: "resync" };
  if (event === "board") {
    const board = boardSchema.safeParse(json);
    return board.success ? { kind: "board", board: board.data } : null;
  }
  const said = event === "log" ? eventSchema.safeParse(json) : z.never().safeParse(json);
  return said.success ? { kind: "log", event: said.data } : null;
}
