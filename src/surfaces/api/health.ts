/** Whether it lives, whether it can work, and in numbers. */
import type { FastifyInstance } from "fastify";
import type { Metrics } from "./metrics.ts";
import { problemOf } from "./problems.ts";
import type { ApiParts } from "./server.ts";

/** Adds /healthz and /readyz, which tell nothing but yes or no, and so ask for nobody; and /metrics. */
export function addHealth(app: FastifyInstance, { desk, version, live }: ApiParts): void {
  let metrics: Promise<Metrics> | null = null;
  // Loaded where somebody scrapes: the library is a tenth of the daemon's memory.
  const openOnce = async (): Promise<Metrics> => {
    const { openMetrics } = await import("./metrics.ts");
    return openMetrics(desk, { version, streams: live.listeners });
  };
  app.get("/metrics", { schema: { hide: true } }, async (_request, reply) => {
    metrics ??= openOnce();
    const { contentType, text } = await metrics;
    return reply
      .type(contentType)
      .serializer(String)
      .send(await text());
  });
  const open = { config: { role: "anyone", rateLimit: false }, schema: { hide: true } } as const;
  app.get("/healthz", open, async () => ({ status: "ok" }));
  app.get("/readyz", open, async (_request, reply) => {
    try {
      await desk().pulse();
      return { status: "ready" };
    } catch (error) {
      return reply.code(503).send({ status: "not_ready", code: problemOf(error).code });
    }
  });
}
