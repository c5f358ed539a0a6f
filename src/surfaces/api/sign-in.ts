/** How a browser comes to its session: a one-time code, asked for with a token, given back by the page that opened it. */
import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { meSchema, roleSchema } from "../../board/shapes-of-api.ts";
import { isoTime } from "../../clock.ts";
import { line } from "../../events/fields.ts";
import { refusalOfChange } from "./origin.ts";
import { Refusal } from "./problems.ts";
import type { ApiParts } from "./server.ts";

const linkSchema = z.object({
  url: z.string().describe("the code is in the fragment, which no server and no log ever sees"),
  expires_at: z.string(),
});

const signInsAMinute = 20;

/** Adds the routes of signing in and out below the prefix. */
export function addSignIn(api: FastifyInstance, { access, cookie }: ApiParts, port: () => number): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const attributes = { httpOnly: true, sameSite: "strict", path: "/" } as const;
  app.post(
    "/login/link",
    {
      config: { role: "admin" },
      schema: {
        summary: "A link that signs one browser in, once, within five minutes",
        body: z.strictObject({ name: line(100), role: roleSchema.default("admin") }),
        response: { 200: linkSchema },
      },
    },
    async ({ body }) => {
      const { code, expiresAtMs } = access.issueCode(body);
      return { url: `http://127.0.0.1:${port()}/#code=${code}`, expires_at: isoTime(expiresAtMs) };
    },
  );
  app.post(
    "/login",
    {
      config: { role: "anyone", rateLimit: { max: signInsAMinute, timeWindow: 60_000 } },
      schema: {
        summary: "Gives a one-time code for a session cookie",
        body: z.strictObject({ code: z.string().regex(/^[A-Za-z0-9_-]{1,200}$/) }),
        response: { 200: meSchema },
      },
    },
    async ({ body, headers }, reply) => {
      const unproven = refusalOfChange({ headers });
      if (unproven !== null) throw new Refusal(unproven);
      const signedIn = await access.signIn(body.code);
      if (signedIn === null) throw new Refusal("bad_code");
      reply.setCookie(cookie, signedIn.session, { ...attributes, maxAge: signedIn.maxAgeS });
      return signedIn.me;
    },
  );
  app.post(
    "/logout",
    { schema: { summary: "Ends the session", body: z.strictObject({}).nullish() } },
    async (request, reply) => {
      const session = request.cookies[cookie];
      if (session !== undefined) await access.signOut(session);
      return reply.clearCookie(cookie, attributes).code(204).send();
    },
  );
}
