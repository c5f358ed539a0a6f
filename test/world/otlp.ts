/** A collector of traces on this machine: takes OTLP over HTTP as JSON, keeps every span, and answers as it is told. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { z } from "zod";
import { waitUntil } from "./wait-until.ts";

export type Value = string | number | boolean | Value[] | undefined;

export type Span = {
  name: string;
  /** `producer`, `consumer`, `server`, or `internal`. */
  kind: string;
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  /** Nanoseconds since the epoch. */
  start: bigint;
  end: bigint;
  failed: boolean;
  attributes: Record<string, Value>;
  resource: Record<string, Value>;
};

export type Posted = { path: string; headers: IncomingHttpHeaders; body: Buffer };

export type Collector = {
  url: string;
  /** What makes a process tell its traces here. */
  env: Record<string, string>;
  posted: Posted[];
  /** All that came, in the order of their starts. Only where it came as JSON. */
  spans(): Span[];
  /** Waits until spans have come that `fit`, and gives what `fit` gave. */
  until<T>(fit: (spans: Span[]) => T | null | undefined | false, what: string): Promise<T>;
  answer(by: (response: ServerResponse) => void): void;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Opens one on a free port of the loopback. Use with `await using`. */
export async function openCollector(): Promise<Collector> {
  const posted: Posted[] = [];
  let answer: (response: ServerResponse) => void = (response) =>
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const { url = "", headers } = request;
    posted.push({ path: url, headers, body: Buffer.concat(chunks) });
    answer(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}`;
  const collector: Collector = {
    url,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
    posted,
    spans: () =>
      posted.flatMap(({ body }) => spansIn(body.toString())).sort((a, b) => (a.start < b.start ? -1 : 1)),
    until: (fit, what) => waitUntil(() => fit(collector.spans()), { what }),
    answer: (by) => {
      answer = by;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return collector;
}

const valueSchema: z.ZodType<Value> = z.lazy(() =>
  z
    .object({
      stringValue: z.string().optional(),
      intValue: z.number().optional(),
      doubleValue: z.number().optional(),
      boolValue: z.boolean().optional(),
      arrayValue: z.object({ values: z.array(valueSchema) }).optional(),
    })
    .transform(
      ({ stringValue, intValue, doubleValue, boolValue, arrayValue }) =>
        stringValue ?? intValue ?? doubleValue ?? boolValue ?? arrayValue?.values,
    ),
);
const attributesSchema = z
  .array(z.object({ key: z.string(), value: valueSchema }))
  .transform((pairs) => Object.fromEntries(pairs.map(({ key, value }) => [key, value])));

const requestSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: attributesSchema }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              kind: z.number(),
              traceId: z.string().regex(/^[0-9a-f]{32}$/),
              spanId: z.string().regex(/^[0-9a-f]{16}$/),
              parentSpanId: z.string().optional(),
              startTimeUnixNano: z.string(),
              endTimeUnixNano: z.string(),
              status: z.object({ code: z.number() }),
              attributes: attributesSchema,
            }),
          ),
        }),
      ),
    }),
  ),
});

const kinds: Record<number, string> = { 1: "internal", 2: "server", 4: "producer", 5: "consumer" };

function spansIn(body: string): Span[] {
  return requestSchema.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({
        name: span.name,
        kind: kinds[span.kind] ?? String(span.kind),
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? null,
        start: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
        failed: span.status.code === 2,
        attributes: span.attributes,
        resource: resource.attributes,
      })),
  );
}

/** The trace as lines: each span below its parent, in the order of their starts. */
export function treeOf(spans: readonly Span[]): string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const below = (parent: string | null, depth: number): string[] =>
    spans
      .filter(({ parentSpanId }) =>
        parent === null ? parentSpanId === null || !ids.has(parentSpanId) : parentSpanId === parent,
      )
      .flatMap((span) => [`${"  ".repeat(depth)}${span.name}`, ...below(span.spanId, depth + 1)]);
  return below(null, 0);
}
