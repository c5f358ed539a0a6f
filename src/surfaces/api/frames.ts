/** Pure. Server-sent events as they go over the wire. */
import type { EventShape } from "../../board/shapes.ts";

/** One event, ready to be written to many. */
export type Frame = Buffer;

/** `data` is JSON, so it has no line ends of its own. */
export function frameOf({ event, id, data }: { event: string; id?: string; data: string }): Frame {
  return Buffer.from(`event: ${event}\n${id === undefined ? "" : idLine(id)}data: ${data}\n\n`);
}

/** An event of the log; its id is its place there. */
export function logFrame(event: EventShape): Frame {
  return frameOf({ event: "log", id: event.streamid, data: JSON.stringify(event) });
}

/** The line that gives the frame after it an id: so that one frame serves all, and only one's id differs. */
export function idLine(id: string): string {
  return `id: ${id}\n`;
}

/** Says that we live; no event to anybody. */
export const heartbeat: Frame = Buffer.from(": still here\n\n");

/** How long a client waits before it comes back, ms. */
export const comeBack: Frame = Buffer.from("retry: 1000\n\n");
