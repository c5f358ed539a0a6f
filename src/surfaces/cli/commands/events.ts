/** `signalbox events`: the log, as it was said. */

import type { CloudEvent, StoredEvent } from "../../../events/envelope.ts";
import { type EventFilter, followEvents, readEvents } from "../../../events/stream.ts";
import { openBus } from "../bus-context.ts";
import { interruption } from "../interruption.ts";
import type { Invocation } from "../invocation.ts";
import { eventLine } from "../render/inbox.ts";
import { sourceOf } from "../source-context.ts";

/** Oldest first; with `--follow` until Ctrl-C, or until nobody reads any more. */
export async function list(call: Invocation): Promise<number> {
  const filter = filterOf(call);
  await using bus = await openBus(call);
  const source = sourceOf(bus);
  if (!call.options.flag("follow")) {
    for await (const stored of readEvents(source, filter)) {
      if (call.readerGone.aborted) break;
      show(call, stored);
    }
    return 0;
  }
  using interrupted = interruption();
  const ended = AbortSignal.any([interrupted.signal, call.readerGone]);
  for await (const stored of followEvents(source, filter, ended)) show(call, stored);
  return 0;
}

function filterOf(call: Invocation): EventFilter {
  const { options, output } = call;
  const [type, slug, since] = [options.text("type"), options.text("slug"), options.text("since")];
  const limit = options.count("limit");
  return {
    ...(type === null ? {} : { type }),
    ...(slug === null ? {} : { slug }),
    ...(since === null ? {} : { since }),
    ...(limit === null ? {} : { limit }),
    onUnreadable: (streamId, reason) => output.note(`The entry ${streamId} cannot be read: ${reason}`),
  };
}

function show(call: Invocation, { event, streamId }: StoredEvent): void {
  if (call.output.json) call.output.row({ ...event, streamid: streamId });
  else
    call.output.line(
      ...eventLine({
        id: event.id,
        type: event.type,
        time: event.time,
        subject: event.subject ?? null,
        detail: detailOf(event),
      }),
    );
}

/** The fields that say most on one line, in the payload's own order. */
function detailOf({ data }: CloudEvent): string {
  const skipped = /^(slug|specversion)$|_at$/;
  return Object.entries(data)
    .filter(
      ([name, value]) => !skipped.test(name) && (typeof value === "string" || typeof value === "number"),
    )
    .map(
      ([name, value]) =>
        `${name}=${/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(String(value)) ? String(value).slice(0, 7) : value}`,
    )
    .join(" ")
    .slice(0, 200);
}
