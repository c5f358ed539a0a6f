/** Whether it lives, whether it can work, and in numbers. */
import type { FastifyInstance } from "fastify";
import { problemOf } from "./problems.ts";
import type { ApiParts } from "./server.ts";

/** Adds /healthz, /readyz. They tell nothing but yes or no, and so ask for nobody. */
export function addHealth(app: FastifyInstance, { desk }: ApiParts): void {
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
