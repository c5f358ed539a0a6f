/** The web board as it was built, or a page that says how to build it. */
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import type { ApiParts } from "./server.ts";

const page = { role: "anyone" } as const;

const unbuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Signalbox</title>
<h1>Signalbox</h1>
<p>The web board is not built here. In the checkout of Signalbox: <code>npm run build</code>, then
<code>signalbox down</code> and <code>signalbox up</code>. The API answers at <code>/api/v1</code>.</p></html>
`;

/** Adds the files of the board. What is named by its content may be kept for ever; the page itself is asked for anew. */
export async function addPages(app: FastifyInstance, { webFolder }: ApiParts): Promise<void> {
  if (webFolder === null) {
    app.get("/", { config: page, schema: { hide: true } }, async (_request, reply) =>
      reply.type("text/html; charset=utf-8").send(unbuilt),
    );
    return;
  }
  await app.register(async (pages) => {
    pages.addHook("onRoute", (route) => {
      route.config = { ...route.config, ...page };
      route.schema = { ...route.schema, hide: true };
    });
    await pages.register(fastifyStatic, {
      root: webFolder,
      wildcard: false,
      index: ["index.html"],
      dotfiles: "deny",
      setHeaders: (response, path) => {
        const isForEver = /\/assets\//.test(path);
        response.header("cache-control", isForEver ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
  });
}
