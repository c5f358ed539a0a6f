/**
 * Events as parts of a trace: each that is said while a span is active is a span of its own, and carries its place along
 * (CloudEvents' distributed tracing), so whoever hears it goes on from there. One that only belongs to a trace carries
 * that place on as it is: its speaker may be killed, and those who hear it must not be a part of what nobody told.
 */
import type { TraceContext } from "../telemetry/trace-context.ts";
import { errorName, type OpenSpan, type Traces } from "../telemetry/traces.ts";
import type { EventDraft, WriteOutcome, WriteRequest } from "./atomic-write.ts";

/** Makes the write; where traces are told, with a span for each event that belongs to one. */
export function sayTraced(
  traces: Traces,
  request: WriteRequest,
  write: (request: WriteRequest) => Promise<WriteOutcome>,
): Promise<WriteOutcome> {
  const { events = [] } = request;
  const here = events.length === 0 ? null : traces.current();
  if (here === null) return write(request);
  const saying = events.map((draft) => begin(traces, draft, here));
  return told(saying, () => write({ ...request, events: saying.map(({ draft }) => draft) }));
}

type Saying = { draft: EventDraft; span: OpenSpan };

async function told(saying: readonly Saying[], write: () => Promise<WriteOutcome>): Promise<WriteOutcome> {
  try {
    const outcome = await write();
    // What a failed guard kept from being said was not said.
    if (outcome.kind === "written")
      outcome.events.forEach(({ id, duplicate }, at) => {
        saying[at]?.span.set({
          "cloudevents.event_id": id,
          ...(duplicate ? { "signalbox.duplicate": true } : {}),
        });
        saying[at]?.span.end();
      });
    return outcome;
  } catch (error) {
    for (const { span } of saying) {
      span.fail(errorName(error));
      span.end();
    }
    throw error;
  }
}

function begin(traces: Traces, draft: EventDraft, here: TraceContext | null): Saying {
  const span = traces.open({
    name: `emit ${shortType(draft.type)}`,
    kind: "producer",
    attributes: {
      "cloudevents.event_type": draft.type,
      "cloudevents.event_subject": draft.subject ?? slugIn(draft.data),
      "signalbox.correlation_id": draft.correlationId,
    },
  });
  const { traceparent: _former, tracestate: _state, ...rest } = draft;
  return { draft: { ...rest, ...(span.context ?? here) }, span };
}

function slugIn(data: unknown): string | undefined {
  const isNamed = typeof data === "object" && data !== null && "slug" in data;
  return isNamed && typeof data.slug === "string" ? data.slug : undefined;
}

/** A type without its domain, which is the same for nearly all. */
export function shortType(type: string): string {
  return type.replace(/^domain\.[a-z0-9-]+\./, "");
}
