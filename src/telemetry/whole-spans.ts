/**
 * Spans that are told whole or not at all: what ends inside of one waits for its end. So a process that is killed in the
 * middle leaves nothing behind that is a part of what nobody told.
 */
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace-base";

export type WholeSpans = SpanProcessor & {
  /** The parts of this span wait for it. It must come to an end. */
  hold(spanId: string): void;
};

/** Hands on to `next`. */
export function wholeSpans(next: SpanProcessor): WholeSpans {
  const held = new Map<string, ReadableSpan[]>();
  return {
    hold: (spanId) => void held.set(spanId, []),
    onStart: (span, context) => next.onStart(span, context),
    onEnd(span) {
      const { spanId } = span.spanContext();
      const waiting = held.get(span.parentSpanContext?.spanId ?? "");
      const parts = held.get(spanId) ?? [];
      held.delete(spanId);
      for (const each of [span, ...parts])
        if (waiting === undefined) next.onEnd(each);
        else waiting.push(each);
    },
    forceFlush: () => next.forceFlush(),
    shutdown: () => next.shutdown(),
  };
}
