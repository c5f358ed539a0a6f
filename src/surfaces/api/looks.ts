/** What can be read. Every answer has the shape that the command line prints. */
import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { auditPageSchema } from "../../board/audit.ts";
import {
  candidateSchema,
  doctorSchema,
  levelSchema,
  queueItemSchema,
  sessionSchema,
  statusSchema,
  whySchema,
} from "../../board/shapes.ts";
import {
  boardSchema,
  candidateDetailSchema,
  eventPageSchema,
  eventTypeSchema,
  historySchema,
  meSchema,
  notificationPageSchema,
} from "../../board/shapes-of-api.ts";
import { isStreamId } from "../../events/entry.ts";
import { line, slug } from "../../events/fields.ts";
import { callerOn } from "./gate.ts";
import type { ApiParts } from "./server.ts";

const ofSlug = z.strictObject({ slug });
const flag = z.stringbool({ truthy: ["1", "true"], falsy: ["0", "false"] }).default(false);
const count = (max: number, usual: number) => z.coerce.number().int().min(1).max(max).default(usual);
const streamId = z
  .string()
  .regex(/^\d{1,20}(-\d{1,20})?$/, "must be a stream id")
  .refine(isStreamId, "must be a stream id");
const typePattern = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9._*-]+$/, "must be a type, or a part of one");

const notificationQuery = z.strictObject({
  all: flag.describe("resolved and snoozed ones, too"),
  level: levelSchema.optional().describe("this level and the ones above it"),
  needs_attention: z.stringbool({ truthy: ["1", "true"], falsy: ["0", "false"] }).optional(),
  group: z.string().max(300).optional(),
  limit: count(1000, 100),
  after: z
    .string()
    .regex(/^[0-9a-f]{12}$/)
    .optional()
    .describe("the id that the page before ended with"),
});

const eventQuery = z.strictObject({
  type: typePattern.optional(),
  slug: slug.optional(),
  since: z.string().max(40).optional().describe("after this stream id, or from this time on; oldest first"),
  before: z
    .union([z.literal(""), streamId])
    .optional()
    .describe("newest first, before this stream id; empty: from the end of the log"),
  limit: count(1000, 100),
});

const auditQuery = z.strictObject({
  since: z.string().max(40).optional().describe("after this stream id, or from this time on"),
  before: streamId.optional().describe("before this stream id: the page of older ones"),
  by: line(200).optional().describe("whose acts, by the whole name"),
  limit: count(1000, 100).describe("the newest of them"),
});

/** Adds the reading routes below the prefix. */
export function addLooks(api: FastifyInstance, { desk }: ApiParts): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  app.get("/status", answers("The board in short", statusSchema), () => desk().status());
  app.get("/board", answers("Everything at a glance", boardSchema), () => desk().board());
  app.get("/queue", answers("Everything that ever was in the queue", z.array(queueItemSchema)), () =>
    desk().queue(),
  );
  app.get(
    "/queue/:slug",
    { schema: { ...answers("One slug's candidate", queueItemSchema.nullable()).schema, params: ofSlug } },
    ({ params }) => desk().queueItem(params.slug),
  );
  app.get(
    "/candidates",
    {
      schema: {
        ...answers("Readiness, condition by condition, judged now", z.array(candidateSchema)).schema,
        querystring: z.strictObject({ slug: slug.optional() }),
      },
    },
    ({ query }) => desk().candidates(query.slug ?? null),
  );
  app.get(
    "/candidates/:slug",
    { schema: { ...answers("One slug in full", candidateDetailSchema).schema, params: ofSlug } },
    ({ params }) => desk().candidate(params.slug),
  );
  app.get(
    "/why/:slug",
    { schema: { ...answers("What it waits for, and who can act", whySchema).schema, params: ofSlug } },
    ({ params }) => desk().why(params.slug),
  );
  addInboxAndLog(api, desk);
  addHouse(api, desk);
}

function addInboxAndLog(api: FastifyInstance, desk: ApiParts["desk"]): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  app.get(
    "/notifications",
    {
      schema: {
        ...answers("The inbox, newest change first", notificationPageSchema).schema,
        querystring: notificationQuery,
      },
    },
    ({ query }) => {
      const { all, limit, level, needs_attention, group, after } = query;
      return desk().notifications({
        all,
        limit,
        ...(level === undefined ? {} : { levelMin: level }),
        ...(needs_attention === undefined ? {} : { needsAttention: needs_attention }),
        ...(group === undefined ? {} : { group }),
        ...(after === undefined ? {} : { after }),
      });
    },
  );
  app.get(
    "/events",
    { schema: { ...answers("The log", eventPageSchema).schema, querystring: eventQuery } },
    ({ query }) => {
      const { type, slug: of, since, before, limit } = query;
      return desk().events({
        limit,
        ...(type === undefined ? {} : { type }),
        ...(of === undefined ? {} : { slug: of }),
        ...(since === undefined ? {} : { since }),
        ...(before === undefined ? {} : { before }),
      });
    },
  );
  // Whoever may look may read the whole log, which says the same.
  app.get(
    "/audit",
    {
      schema: {
        ...answers("Who did what, when, from where", auditPageSchema).schema,
        querystring: auditQuery,
      },
    },
    ({ query: { since, before, by, limit } }) =>
      desk().audit({
        limit,
        ...(since === undefined ? {} : { since }),
        ...(before === undefined ? {} : { before }),
        ...(by === undefined ? {} : { by }),
      }),
  );
  app.get("/events/types", answers("What can be said", z.array(eventTypeSchema)), async () =>
    desk().eventTypes(),
  );
}

function addHouse(api: FastifyInstance, desk: ApiParts["desk"]): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  app.get(
    "/sessions",
    {
      schema: {
        ...answers("Who works", z.array(sessionSchema)).schema,
        querystring: z.strictObject({ all: flag.describe("those that have ended, too") }),
      },
    },
    ({ query }) => desk().sessions(query.all),
  );
  app.get(
    "/sessions/:id/log",
    {
      schema: {
        summary: "What a worker printed last, as plain text",
        params: z.strictObject({ id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/) }),
        querystring: z.strictObject({ tail: count(5000, 200).describe("lines") }),
        produces: ["text/plain"],
      },
    },
    async ({ params, query }, reply) => {
      const text = await desk().sessionLog(params.id, query.tail);
      return reply.type("text/plain; charset=utf-8").serializer(String).send(text);
    },
  );
  app.get(
    "/history",
    {
      schema: {
        ...answers("Landings, durations, reasons and depth", historySchema).schema,
        querystring: z.strictObject({ days: count(365, 30) }),
      },
    },
    ({ query }) => desk().history(query.days),
  );
  app.get("/doctor", answers("Whether the house is in order", doctorSchema), () => desk().doctor());
  app.get("/me", answers("Who you are", meSchema), async (request) => {
    const { name, role } = callerOn(request);
    return { name, role };
  });
}

function answers<Schema extends z.ZodType>(summary: string, schema: Schema) {
  return { schema: { summary, response: { 200: schema } } };
}
