/**
 * The board and the log as they change, by server-sent events over `fetch`: unlike the browser's own EventSource it comes
 * back within a second after the daemon was away, tells a refused session from a lost connection, and notices a
 * connection that is open but dead. The last event id is sent with every new attempt, so that no event is lost.
 */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { pause, wallMs } from "../clock.ts";
import type { Board, EventShape } from "../wire.ts";
import { signIn } from "./api.ts";
import { createStore } from "./store.ts";

export type Link = { kind: "connecting" } | { kind: "live" } | { kind: "lost"; sinceMs: number };

export const link = createStore<Link>({ kind: "connecting" });
export const board = createStore<Board | null>(null);
/** The newest events, oldest first; a new array with every change. */
export const log = createStore<readonly EventShape[]>([]);

/** Told of every event as it comes; and of `null` where events may be missing, so that everything has to be read anew. */
export type Heard = (event: EventShape | null) => void;
const listeners = new Set<Heard>();

/** Calls `heard` until the answer is called. */
export function listen(heard: Heard): () => void {
  listeners.add(heard);
  return () => listeners.delete(heard);
}

const logMax = 1000;
/** The daemon says something every 15 s, if only that it lives. */
const silenceMs = 40_000;
const waitsMs = [200, 400, 800, 1000];

/** Keeps the stream open until `stop` aborts. A refused session waits until somebody has signed in. */
export async function follow(stop: AbortSignal): Promise<void> {
  let lastId: string | null = null;
  const keep = (id: string) => {
    lastId = id;
  };
  for (let failures = 0; !stop.aborted; ) {
    if (signIn.get() === "signed_out") await signedIn(stop);
    const was = await once(lastId, keep, stop);
    if (stop.aborted) return;
    failures = was === "live" ? 0 : failures + 1;
    if (link.get().kind !== "lost") link.set({ kind: "lost", sinceMs: wallMs() });
    await pauseOrWake(waitsMs[Math.min(failures, waitsMs.length - 1)] ?? 1000, stop);
  }
}

/** One connection, from its opening to its end. `live`: it said something. */
async function once(
  lastId: string | null,
  keep: (id: string) => void,
  stop: AbortSignal,
): Promise<"live" | "refused"> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silenceMs);
  const signal = AbortSignal.any([stop, silence.signal]);
  let said = false;
  try {
    const headers = { accept: "text/event-stream", ...(lastId === null ? {} : { "last-event-id": lastId }) };
    const response = await fetch("/api/v1/stream", { headers, signal, cache: "no-store" });
    if (response.status === 401) signIn.set("signed_out");
    if (!response.ok || response.body === null) return "refused";
    signIn.set("signed_in");
    const parser = createParser({ onEvent: (message) => heard(message, keep) });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return said ? "live" : "refused";
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
      said = true;
      parser.feed(value);
    }
  } catch {
    // Refused, cut, or silent for too long: all the same to the next attempt.
    return said ? "live" : "refused";
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

function heard({ event, id, data }: EventSourceMessage, keep: (id: string) => void): void {
  if (id !== undefined && id !== "") keep(id);
  switch (event) {
    case "board":
      link.set(live);
      showBoard(JSON.parse(data));
      return;
    case "log":
      noteEvent(JSON.parse(data));
      return;
    case "resync":
      log.set([]);
      tell(null);
  }
}

const live: Link = { kind: "live" };

let waiting: Board | null = null;

/** At most one drawing a frame, with the newest board. A hidden page has no frames: it takes every board as it comes. */
function showBoard(next: Board): void {
  if (document.hidden) {
    waiting = null;
    board.set(next);
    return;
  }
  if (waiting === null) requestAnimationFrame(drawBoard);
  waiting = next;
}

function drawBoard(): void {
  if (waiting !== null) board.set(waiting);
  waiting = null;
}

function noteEvent(event: EventShape): void {
  const known = log.get();
  if (known.some(({ id }) => id === event.id)) return;
  log.set([...known.slice(Math.max(0, known.length - logMax + 1)), event]);
  tell(event);
}

function tell(event: EventShape | null): void {
  for (const heardBy of listeners) heardBy(event);
}

/** Waits, but no longer than until somebody looks at the page again, or the machine is back online. */
async function pauseOrWake(ms: number, stop: AbortSignal): Promise<void> {
  const wake = new AbortController();
  const options = { signal: wake.signal };
  addEventListener("online", () => wake.abort(), options);
  document.addEventListener("visibilitychange", () => wake.abort(), options);
  await pause(ms, AbortSignal.any([stop, wake.signal]));
  wake.abort();
}

function signedIn(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (signIn.get() === "signed_out" && !stop.aborted) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = signIn.subscribe(look);
    stop.addEventListener("abort", look, { once: true });
    look();
  });
}
