/** What can be done, each in the name of who calls; the rooms' own rules decide whether it may. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Desk } from "../../board/desk.ts";
import { emittedSchema, pausedSchema, queueItemSchema } from "../../board/shapes.ts";
import { actedSchema, type Role } from "../../board/shapes-of-api.ts";
import { line, slug, time } from "../../events/fields.ts";
import { type Action, actions } from "../../notifications/acts.ts";
import { callerOn } from "./gate.ts";
import { Refusal } from "./problems.ts";
import type { ApiParts } from "./server.ts";

const reason = line(500);
const withReason = z.strictObject({ reason });
const nothing = z.strictObject({}).nullish();
const ofSlug = z.strictObject({ slug });
const ofNotification = z.strictObject({ id: z.string().regex(/^[0-9a-f]{2,12}$/, "must be an id") });
const pausedAnswer = z.object({ paused: pausedSchema.nullable() });

/** What a worker may do with a notification: look, and take it up. */
const roleOf: Record<Action, Role> = {
  see: "worker",
  claim: "worker",
  release: "worker",
  unsee: "admin",
  resolve: "admin",
  snooze: "admin",
};

/** A worker says what belongs to its work; what people decide, and users' own types, are an admin's. */
const workersDomain = "domain.software-development.";
const workersNot = new Set([`${workersDomain}notification.acted`]);

type ActingDesk = (request: FastifyRequest) => Desk;

/** A cookie comes from the web board, a token from anything else: the log tells them apart. */
function actingDesk({ desk }: ApiParts): ActingDesk {
  const opened = new WeakMap<Desk, Desk>();
  return (request) => {
    const plain = desk();
    if (callerOn(request).by === "token") return plain;
    const web = opened.get(plain) ?? plain.through("web");
    opened.set(plain, web);
    return web;
  };
}

/** Adds the changing routes below the prefix. */
export function addActs(api: FastifyInstance, parts: ApiParts): void {
  const desk = actingDesk(parts);
  addQueueActs(api, desk);
  addInboxActs(api, desk);
  const app = api.withTypeProvider<ZodTypeProvider>();
  app.post(
    "/events",
    {
      config: { role: "worker" },
      schema: {
        summary: "Says one fact; the catalog judges it",
        body: z.strictObject({ type: z.string().min(1).max(200), data: z.record(z.string(), z.unknown()) }),
        response: { 200: emittedSchema },
      },
    },
    (request) => {
      const { name, role } = callerOn(request);
      const { type, data } = request.body;
      if (role === "worker" && (!type.startsWith(workersDomain) || workersNot.has(type)))
        throw new Refusal("role_too_small");
      return desk(request).emit(name, type, data);
    },
  );
}

function addQueueActs(api: FastifyInstance, desk: ActingDesk): void {
  addPauses(api, desk);
  const app = api.withTypeProvider<ZodTypeProvider>();
  const admin = { role: "admin" } as const;
  app.post(
    "/queue/:slug/retry",
    {
      config: { role: "worker" },
      schema: {
        summary: "Judges a blocked candidate again and queues it",
        params: ofSlug,
        body: nothing,
        response: { 200: queueItemSchema.nullable() },
      },
    },
    (request) => desk(request).retry(callerOn(request).name, request.params.slug),
  );
  app.post(
    "/queue/:slug/withdraw",
    {
      config: admin,
      schema: {
        summary: "Takes a queued candidate out; its branch is kept",
        params: ofSlug,
        body: withReason,
        response: { 200: queueItemSchema.nullable() },
      },
    },
    (request) => desk(request).withdraw(callerOn(request).name, request.params.slug, request.body.reason),
  );
  app.post(
    "/queue/:slug/ack",
    {
      config: { role: "worker" },
      schema: {
        summary: "Sees and claims the notification about it",
        params: ofSlug,
        body: nothing,
        response: { 200: actedSchema },
      },
    },
    (request) => desk(request).acknowledge(callerOn(request).name, request.params.slug),
  );
}

function addPauses(api: FastifyInstance, desk: ActingDesk): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const admin = { role: "admin" } as const;
  for (const [verb, draining] of [
    ["pause", false],
    ["drain", true],
  ] as const)
    app.post(
      `/queue/${verb}`,
      {
        config: admin,
        schema: {
          summary: draining ? "Lands what is queued now, then pauses" : "Takes no new candidate",
          body: withReason,
          response: { 200: pausedAnswer },
        },
      },
      async (request) => ({
        paused: await desk(request).pause(callerOn(request).name, { reason: request.body.reason, draining }),
      }),
    );
  app.post(
    "/queue/resume",
    {
      config: admin,
      schema: {
        summary: "Goes on",
        body: z.strictObject({ reason: reason.optional() }).nullish(),
        response: { 200: z.object({ paused: z.null(), resumed: z.boolean() }) },
      },
    },
    async (request) => ({
      paused: null,
      resumed: await desk(request).resume(callerOn(request).name, request.body?.reason ?? "resumed by hand"),
    }),
  );
}

function addInboxActs(api: FastifyInstance, desk: ActingDesk): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  for (const action of actions)
    app.post(
      `/notifications/:id/${action}`,
      {
        config: { role: roleOf[action] },
        schema: {
          summary: `${action[0]?.toUpperCase()}${action.slice(1)} a notification`,
          params: ofNotification,
          body: z.strictObject({ reason: reason.optional(), until: time.optional() }).nullish(),
          response: { 200: actedSchema },
        },
      },
      (request) => {
        const { reason: why, until } = request.body ?? {};
        return desk(request).act({
          id: request.params.id,
          action,
          by: callerOn(request).name,
          ...(why === undefined ? {} : { reason: why }),
          ...(until === undefined ? {} : { until }),
        });
      },
    );
}
