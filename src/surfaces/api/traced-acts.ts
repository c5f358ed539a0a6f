/** Requests that change something, as spans: parts of their caller's trace, by the W3C headers. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { traceContextOf } from "../../telemetry/trace-context.ts";
import type { OpenSpan, Traces } from "../../telemetry/traces.ts";

/** Hangs itself in front of the routes of `api`, behind the gate: who is turned away leaves no span. */
export function traceActs(api: FastifyInstance, traces: Traces): void {
  if (!traces.on) return;
  const spans = new WeakMap<FastifyRequest, OpenSpan>();
  api.addHook("preHandler", (request, _reply, done) => {
    const { method, headers, routeOptions } = request;
    if (method === "GET" || method === "HEAD") return done();
    const { traceparent, tracestate } = headers;
    const route = routeOptions.url ?? "";
    const span = traces.open({
      name: `${method} ${route}`,
      kind: "server",
      under: traceContextOf({ traceparent, tracestate }),
      attributes: { "http.request.method": method, "http.route": route },
    });
    spans.set(request, span);
    span.within(done);
  });
  api.addHook("onResponse", (request, reply, done) => {
    const span = spans.get(request);
    span?.set({ "http.response.status_code": reply.statusCode });
    if (reply.statusCode >= 500) span?.fail(String(reply.statusCode));
    span?.end();
    done();
  });
}
