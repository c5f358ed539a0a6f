/** The API, described by the schemas that judge it: OpenAPI 3.1 at /api/v1/openapi.json. */
import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import type { ApiParts } from "./server.ts";

/** Gathers the routes that are added after it, and serves what they amount to. */
export async function addDocument(app: FastifyInstance, { version }: ApiParts): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Signalbox",
        version,
        description:
          "The line onto main, over HTTP on loopback. Errors are problem+json with a stable code and a hint.",
      },
      components: {
        securitySchemes: {
          token: {
            type: "http",
            scheme: "bearer",
            description: "From the private folder: api-token, api-token.worker, api-token.viewer.",
          },
        },
      },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  app.get("/api/v1/openapi.json", { schema: { hide: true } }, async () => app.swagger());
}
