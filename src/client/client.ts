/**
 * The API from the other side: typed by the board's own schemas, for surfaces and tests that live in another process than
 * the daemon. Where the daemon is, is looked up anew for every call: it may have been started again elsewhere.
 */
import { z } from "zod";
import { type ApiPlace, readApiPlace } from "../board/api-place.ts";
import {
  candidateSchema,
  doctorSchema,
  emittedSchema,
  pausedSchema,
  queueItemSchema,
  sessionSchema,
  statusSchema,
  whySchema,
} from "../board/shapes.ts";
import {
  actedSchema,
  boardSchema,
  candidateDetailSchema,
  eventPageSchema,
  eventTypeSchema,
  historySchema,
  meSchema,
  notificationPageSchema,
  problemSchema,
  type Role,
} from "../board/shapes-of-api.ts";
import { Failure, type FailureKind, unavailable } from "../errors.ts";
import { follow, type LiveEvent } from "./follow.ts";

export type NotificationAction = "see" | "unsee" | "claim" | "release" | "resolve" | "snooze";
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export type Client = ReturnType<typeof openClient>;

const answersWithinMs = 30_000;
const queue = z.array(queueItemSchema);
const item = queueItemSchema.nullable();
const paused = z.object({ paused: pausedSchema.nullable() });
const link = z.object({ url: z.string(), expires_at: z.string() });

/**
 * A client of the daemon that serves this private folder. Every call throws a Failure: `daemon_not_running` or
 * `daemon_unreachable` (unavailable), or what the API refused, with its code.
 */
export function openClient(privateDir: string, role: Role = "admin") {
  const place = () => readApiPlace(privateDir, role);
  const get = async <Schema extends z.ZodType>(path: string, schema: Schema, query: Query = {}) =>
    parsed(schema, await call(await place(), { method: "GET", path: withQuery(path, query) }));
  const post = async <Schema extends z.ZodType>(path: string, schema: Schema, body: object = {}) =>
    parsed(schema, await call(await place(), { method: "POST", path, body }));
  const of = encodeURIComponent;
  return {
    me: () => get("/me", meSchema),
    status: () => get("/status", statusSchema),
    board: () => get("/board", boardSchema),
    queue: () => get("/queue", queue),
    queueItem: (slug: string) => get(`/queue/${of(slug)}`, item),
    candidates: (slug?: string) => get("/candidates", z.array(candidateSchema), { slug }),
    candidate: (slug: string) => get(`/candidates/${of(slug)}`, candidateDetailSchema),
    why: (slug: string) => get(`/why/${of(slug)}`, whySchema),
    notifications: (query: Query = {}) => get("/notifications", notificationPageSchema, query),
    events: (query: Query = {}) => get("/events", eventPageSchema, query),
    eventTypes: () => get("/events/types", z.array(eventTypeSchema)),
    sessions: (query: Query = {}) => get("/sessions", z.array(sessionSchema), query),
    sessionLog: async (id: string, tail = 200) =>
      textOf(await call(await place(), { method: "GET", path: `/sessions/${of(id)}/log?tail=${tail}` })),
    history: (days = 30) => get("/history", historySchema, { days }),
    doctor: () => get("/doctor", doctorSchema),
    pause: (reason: string) => post("/queue/pause", paused, { reason }),
    drain: (reason: string) => post("/queue/drain", paused, { reason }),
    resume: (reason?: string) => post("/queue/resume", z.object({ resumed: z.boolean() }), { reason }),
    retry: (slug: string) => post(`/queue/${of(slug)}/retry`, item),
    withdraw: (slug: string, reason: string) => post(`/queue/${of(slug)}/withdraw`, item, { reason }),
    acknowledge: (slug: string) => post(`/queue/${of(slug)}/ack`, actedSchema),
    act: (id: string, action: NotificationAction, more: { reason?: string; until?: string } = {}) =>
      post(`/notifications/${of(id)}/${action}`, actedSchema, more),
    emit: (type: string, data: object) => post("/events", emittedSchema, { type, data }),
    /** A link that signs one browser in. */
    link: (me: { name: string; role: Role }) => post("/login/link", link, me),
    /** The board and the log as they change, until `signal` aborts; it goes on by itself when the daemon comes back. */
    follow: (signal: AbortSignal): AsyncGenerator<LiveEvent> => follow(place, signal),
  };
}

type Asked = { method: "GET" | "POST"; path: string; body?: object };

async function call(place: ApiPlace, { method, path, body }: Asked): Promise<Response> {
  const headers: Record<string, string> = { authorization: `Bearer ${place.token}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(`${place.url}/api/v1${path}`, {
      method,
      headers,
      redirect: "error",
      signal: AbortSignal.timeout(answersWithinMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw unavailable("daemon_unreachable", "The daemon does not answer.", {
      cure: "signalbox up --detach; signalbox doctor tells more.",
      cause,
    });
  }
  if (response.ok) return response;
  throw await failureOf(response);
}

async function parsed<Schema extends z.ZodType>(
  schema: Schema,
  response: Response,
): Promise<z.output<Schema>> {
  const result = schema.safeParse(await response.json());
  if (result.success) return result.data;
  throw new Failure({
    code: "daemon_differs",
    kind: "failed",
    message: "The daemon answers in another shape: it is of another version than this command.",
    cure: "signalbox down, then signalbox up --detach.",
  });
}

function textOf(response: Response): Promise<string> {
  return response.text();
}

/** The API's refusal as the failure that it was on the other side. */
async function failureOf(response: Response): Promise<Failure> {
  const problem = problemSchema.safeParse(await response.json().catch(() => null));
  if (!problem.success)
    return new Failure({
      code: "daemon_differs",
      kind: "failed",
      message: `What answers there is no daemon of ours (${response.status}).`,
    });
  const { code, detail, hint, status, problems } = problem.data;
  return new Failure({
    code,
    kind: kindOf(status),
    message: detail,
    ...(hint === null ? {} : { cure: hint }),
    ...(problems === undefined ? {} : { problems }),
  });
}

function kindOf(status: number): FailureKind {
  if (status === 401 || status === 403) return "refused";
  if (status === 409) return "not_ready";
  if (status === 429) return "temporary";
  if (status === 503) return "unavailable";
  return status < 500 ? "bad_input" : "failed";
}

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? path : `${path}?${text}`;
}
