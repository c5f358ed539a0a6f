/** `signalbox queue list` and `queue show`. */

import { readShownItem, readShownQueue } from "../../../board/shadow-view.ts";
import { wallMs } from "../../../clock.ts";
import { styled } from "../../text.ts";
import { openBus } from "../bus-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { storesOf } from "../line-context.ts";
import { slugAtDoor } from "../names-at-the-door.ts";
import { queueItemLines, queueLines } from "../render/queue.ts";

/** Everything that ever was in the queue: on the line, waiting in order, blocked, finished. */
export async function list(call: Invocation): Promise<number> {
  await using bus = await openBus(call);
  const items = await readShownQueue(bus, storesOf(bus));
  if (call.output.json) call.output.document(items);
  else call.output.lines(queueLines(items, call.output.width, wallMs()));
  return 0;
}

/** One candidate with its history; null where it was never READY. An unknown slug is wrong use, with the nearest names. */
export async function show(call: Invocation): Promise<number> {
  const slug = slugAtDoor(required(call, 0));
  await using bus = await openBus(call);
  const item = await readShownItem(bus, storesOf(bus), slug);
  if (call.output.json) call.output.document(item);
  else if (item === null)
    call.output.line(
      styled("strong", slug),
      " is not in the queue: it is not READY yet. ",
      styled("dim", `→ signalbox why ${slug}`),
    );
  else call.output.lines(queueItemLines(item, wallMs()));
  return 0;
}
