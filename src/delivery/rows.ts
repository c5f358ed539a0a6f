/** Pure: the rows of the ledger, as they lie in Redis. A row that cannot be read counts as absent. */
import { z } from "zod";
import { traceSchema } from "../telemetry/trace-schema.ts";

const alarm = z.object({ event_id: z.string(), at: z.string(), line: z.string() });

const wantedSchema = z.object({
  /** The version of the notification that is wanted; what changes a surface can show. */
  version: z.int(),
  /** The newest version that is news to this target. */
  news: z.int(),
  /** The type of the newest event that was news, and when that was said. */
  type: z.string(),
  at: z.string(),
  /** The newest thing that wants somebody at once. */
  alarm: alarm.nullable(),
  /** The place in a trace that the newest news was said from. */
  trace: traceSchema,
});

/** What a target is to be told of a notification. Written with the notification, by nobody else. */
export type Wanted = z.output<typeof wantedSchema>;

const sentSchema = z.object({
  /** The version it was told; 0 before that. */
  version: z.int(),
  /** The event of the newest alarm it was told of. */
  alarm: z.string().nullable(),
  /** The surface's note of the message it has; null where there is none that can be changed. */
  ref: z.string().nullable(),
  /** What is on its way: written before the call, gone with its outcome. */
  sending: z
    .object({
      id: z.string(),
      version: z.int(),
      alarm: z.string().nullable(),
      how: z.enum(["ring", "change", "new"]),
    })
    .nullable(),
  /** An alarm may have been told: nobody knows. */
  is_uncertain: z.boolean(),
  /** When the first of the tries that failed was, ms; null where the last one did not. */
  failing_since: z.number().nullable(),
  tries: z.int(),
  /** Why the last thing to say was given up. */
  given_up: z.string().nullable(),
});

/** What a target was told of a notification. Written by the worker that holds the surface's lease. */
export type Sent = z.output<typeof sentSchema>;

/** Before the first word. */
export const nothingSent: Sent = {
  version: 0,
  alarm: null,
  ref: null,
  sending: null,
  is_uncertain: false,
  failing_since: null,
  tries: 0,
  given_up: null,
};

const healthSchema = z.object({
  fingerprint: z.string(),
  /** Nothing is sent where it is `disabled` (by what it answered) or `unusable` (as it is configured). */
  state: z.enum(["ok", "failing", "disabled", "unusable"]),
  /** Why it is not ok; one sentence. */
  why: z.string().nullable(),
  /** Since when it has failed, ms; null while it does not. */
  since: z.number().nullable(),
  /** Tries that failed in a row. */
  failures: z.int(),
  /** Not again before, ms: a rate limit, or the pause after a failure. */
  rest_until: z.number(),
  last_sent: z.number().nullable(),
});

/** How a surface fares with a target. Times by the Redis clock. */
export type Health = z.output<typeof healthSchema>;

/** Whether messages are kept back until somebody has mended something. */
export function isOff({ state }: Pick<Health, "state">): boolean {
  return state === "disabled" || state === "unusable";
}

/** A target nobody has tried yet. */
export function newHealth(fingerprint: string): Health {
  return { fingerprint, state: "ok", why: null, since: null, failures: 0, rest_until: 0, last_sent: null };
}

const testSchema = z.object({ by: z.string() });
const testResultSchema = z.object({ kind: z.string(), why: z.string().nullable() });

/** Somebody wants to see whether a message arrives. */
export type TestRequest = z.output<typeof testSchema>;
/** What became of it: the kind of the outcome, and why where it did not arrive. */
export type TestResult = z.output<typeof testResultSchema>;

export const readWanted = reader(wantedSchema);
export const readSent = reader(sentSchema);
export const readHealth = reader(healthSchema);
export const readTest = reader(testSchema);
export const readTestResult = reader(testResultSchema);

/** The ids of tests begin with this; those of notifications are hexadecimal. */
export const testPrefix = "test-";

function reader<Row>(schema: z.ZodType<Row>): (text: string | null | undefined) => Row | null {
  return (text) => {
    if (text === null || text === undefined) return null;
    const parsed = schema.safeParse(jsonOf(text));
    return parsed.success ? parsed.data : null;
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
