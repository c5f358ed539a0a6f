/**
 * Traces by OpenTelemetry's own SDK, which reads what else its variables say (headers, sampler, limits, timeouts,
 * certificates) itself.
 *
 * Guaranteed: spans are sent beside the work, in batches; a receiver that is away, slow or wrong costs one line of the
 * log for as long as that lasts, and at most a second at the process's end. What a killed process had not sent is lost:
 * a span that must survive it is told by whoever finishes the work, under the id that all of them know.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  createTraceState,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";
import { monotonicMs, pause } from "../clock.ts";
import type { Protocol, TelemetrySettings } from "./settings.ts";
import { type TraceContext, traceContextOf, traceIdsOf, traceparentOf } from "./trace-context.ts";
import { errorName, type OpenSpan, type SpanStart, type Traces, type TracesOptions } from "./traces.ts";
import { wholeSpans } from "./whole-spans.ts";

/** How long a process's end waits for what is under way, ms. */
const endWithinMs = 1000;

/** How long a finished span waits for others, ms: not long, because a process may be killed. */
const gatherMs = 200;

/** Starts the SDK. Throws where it refuses its settings. */
export async function startSdk(
  settings: Extract<TelemetrySettings, { kind: "on" }>,
  { variables, role, version, under, warn }: TracesOptions,
): Promise<Traces> {
  const setUp = new Set<string>();
  const say = (message: string) => void setUp.add(message.slice(0, 200));
  const silent = () => {};
  // What is wrong with its settings; what fails later is told by `telling`, in our words.
  const logger = { error: say, warn: say, info: silent, debug: silent, verbose: silent };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const receiver = telling(await exporterFor(settings.protocol), (why) =>
    warn(`The traces cannot be sent to ${settings.receiver} (${why}); nothing waits for them.`),
  );
  const delay = variables.OTEL_BSP_SCHEDULE_DELAY ? {} : { scheduledDelayMillis: gatherMs };
  const whole = wholeSpans(new BatchSpanProcessor(receiver.exporter, delay));
  const ids = presetIds();
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(
        resourceFromAttributes({
          "service.name": "signalbox",
          "service.version": version,
          "signalbox.role": role,
        }),
      )
      .merge(detectResources({ detectors: [envDetector] })),
    idGenerator: ids,
    spanProcessors: [whole],
  });
  diag.disable();
  for (const message of setUp) warn(`Traces: ${message}`);

  const tracer = provider.getTracer("signalbox", version);
  const active = new AsyncLocalStorage<Context>();
  const around = under === null ? ROOT_CONTEXT : remote(under);
  const here = () => active.getStore() ?? around;

  function open(start: SpanStart): OpenSpan {
    const { name, kind, id, startMs, attributes = {} } = start;
    const parent =
      start.under === undefined ? here() : start.under === null ? ROOT_CONTEXT : remote(start.under);
    ids.next = id ?? null;
    const span = tracer.startSpan(
      name,
      {
        kind: kind === undefined ? SpanKind.INTERNAL : kinds[kind],
        attributes: settled(attributes),
        ...(startMs === undefined ? {} : { startTime: hrTime(startMs) }),
      },
      parent,
    );
    ids.next = null;
    if (start.whole && span.isRecording()) whole.hold(span.spanContext().spanId);
    return {
      context: contextOf(span),
      set: (more) => void span.setAttributes(settled(more)),
      fail: (code) => void span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute("error.type", code),
      end: (endMs) => span.end(endMs === undefined ? undefined : hrTime(endMs)),
      within: (act) => active.run(trace.setSpan(ROOT_CONTEXT, span), act),
    };
  }

  return {
    on: true,
    open,
    current() {
      const span = trace.getSpan(here());
      return span === undefined ? null : contextOf(span);
    },
    async end(hurry) {
      const done = new AbortController();
      // Failed or not: what could be done is done.
      const sent = provider.shutdown().then(
        () => "sent" as const,
        () => "sent" as const,
      );
      // Who has not answered for that long will not do so now.
      const restMs = Math.max(0, endWithinMs - receiver.waitedMs());
      const late = pause(restMs, AbortSignal.any([done.signal, ...(hurry ? [hurry] : [])]));
      const first = await Promise.race([sent, late.then(() => "abandoned" as const)]);
      done.abort();
      if (first === "abandoned") receiver.missed("no answer");
      return first;
    },
  };
}

const kinds = { producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER, server: SpanKind.SERVER };

async function exporterFor(protocol: Protocol): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter();
}

/** The exporter; says that nothing arrives, once, until something has arrived again. */
function telling(exporter: SpanExporter, say: (why: string) => void) {
  let isAway = false;
  /** When what is under way was sent, ms. */
  const sentMs = new Set<{ atMs: number }>();
  function missed(why: string): void {
    if (!isAway) say(why);
    isAway = true;
  }
  const listened: SpanExporter = {
    export(spans, done) {
      const sending = { atMs: monotonicMs() };
      sentMs.add(sending);
      exporter.export(spans, (result) => {
        sentMs.delete(sending);
        if (result.code === 0) isAway = false;
        else missed(result.error === undefined ? "refused" : errorName(result.error));
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
  return {
    exporter: listened,
    missed,
    /** How long the first of those has been under way, ms. */
    waitedMs: () => Math.max(0, ...[...sentMs].map(({ atMs }) => monotonicMs() - atMs)),
  };
}

/** Random ids, but for a span whose id is known beforehand. */
function presetIds() {
  const random = new RandomIdGenerator();
  const ids: IdGenerator & { next: SpanStart["id"] | null } = {
    next: null,
    generateTraceId: () => ids.next?.trace ?? random.generateTraceId(),
    generateSpanId: () => ids.next?.span ?? random.generateSpanId(),
  };
  return ids;
}

/** Somebody else's place, to go on from. */
function remote(given: TraceContext): Context {
  const context = traceContextOf(given);
  const ids = context === null ? null : traceIdsOf(context.traceparent);
  if (context === null || ids === null) return ROOT_CONTEXT;
  const { tracestate } = context;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: ids.traceId,
    spanId: ids.spanId,
    traceFlags: ids.flags,
    isRemote: true,
    ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }),
  });
}

function contextOf(span: Span): TraceContext | null {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const tracestate = traceState?.serialize();
  return traceContextOf({ traceparent: traceparentOf({ traceId, spanId, flags: traceFlags }), tracestate });
}

/** As a pair: the library takes a plain number for time since the process's start where that is longer. */
function hrTime(ms: number): [seconds: number, nanoseconds: number] {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}

/** Without what is absent. */
function settled(attributes: NonNullable<SpanStart["attributes"]>) {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === "object" ? [...value] : value]],
    ),
  );
}
