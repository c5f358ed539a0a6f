/** What a callback does with an event of a trace, as a span of that trace: from its turn to its commit. */
import { traceContextOf } from "../telemetry/trace-context.ts";
import type { OpenSpan, Traces } from "../telemetry/traces.ts";
import type { StoredEvent } from "./envelope.ts";
import { shortType } from "./said-spans.ts";

/** The span of one callback's turn; null where the event is in no trace, or none is told. It ends with the commit. */
export function handlingSpan(traces: Traces, callback: string, { event }: StoredEvent): OpenSpan | null {
  const under = traces.on ? traceContextOf(event) : null;
  if (under === null) return null;
  return traces.open({
    name: `process ${shortType(event.type)}`,
    kind: "consumer",
    under,
    attributes: {
      "messaging.consumer.group.name": callback,
      "cloudevents.event_id": event.id,
      "cloudevents.event_type": event.type,
      "cloudevents.event_source": event.source,
      "cloudevents.event_subject": event.subject,
    },
  });
}

/** The callback could not take the event. */
export function refuse(span: OpenSpan | null): void {
  span?.fail("callback_failed");
  span?.end();
}
