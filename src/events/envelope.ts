/**
 * Pure: the CloudEvents 1.0 envelope, as it lies in the stream: structured JSON in one field, at most 64 KiB. `time`,
 * `sequence` and `epoch` are set by the write script (one clock, one counter for all machines), everything else here.
 */
import { z } from "zod";
import { badInput } from "../errors.ts";
import { hotSchema } from "./hot-schema.ts";
import type { EventData } from "./lifecycle-definition.ts";

export const eventLevels = ["infrastructure", "operational", "workflow", "business"] as const;
export type EventLevel = (typeof eventLevels)[number];

export const visibilities = ["local", "cluster", "public"] as const;
export type Visibility = (typeof visibilities)[number];

/** The largest envelope, in bytes of UTF-8. */
export const maxEnvelopeBytes = 64 * 1024;

/** What the write script adds never takes more bytes than this. */
const stampBytes = 160;

/** What is read back: a stamped envelope. */
export const envelopeSchema = z.object({
  specversion: z.literal("1.0"),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  subject: z.string().optional(),
  time: z.iso.datetime(),
  dataschema: z.string(),
  datacontenttype: z.literal("application/json"),
  data: z.record(z.string(), z.unknown()),
  idempotencykey: z.string(),
  eventlevel: z.enum(eventLevels),
  visibility: z.enum(visibilities),
  correlationid: z.string().optional(),
  causationid: z.string().optional(),
  traceparent: z.string().optional(),
  tracestate: z.string().optional(),
  sequence: z.string().regex(/^\d{16}$/),
  epoch: z.string().min(1),
});

const parseStamped = hotSchema(envelopeSchema);

/** An event as it was said. `data` is in the shape of its current schema once a catalog has read it. */
export type CloudEvent = Readonly<z.output<typeof envelopeSchema>>;

/** An event and its place in the stream. */
export type StoredEvent = { streamId: string; event: CloudEvent };

/** An envelope before the write script has stamped it. */
export type UnstampedEvent = Omit<CloudEvent, "time" | "sequence" | "epoch">;

export type ParsedEnvelope = { kind: "parsed"; event: CloudEvent } | { kind: "unparseable"; reason: string };

/** Reads one stream entry's text. Never throws: what cannot be read is named. */
export function parseEnvelope(text: string): ParsedEnvelope {
  if (!fits(text)) return unparseable(`it is larger than ${maxEnvelopeBytes} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return unparseable("it is not JSON");
  }
  const parsed = parseStamped(json);
  if (parsed.success) return { kind: "parsed", event: parsed.data };
  const first = parsed.error.issues[0];
  return unparseable(
    `its envelope is wrong at "${first?.path.join(".") ?? ""}": ${first?.message ?? "unknown"}`,
  );
}

/**
 * The envelope as text without its last brace: the script appends `time`, `sequence`, `epoch` and the brace, so that no
 * JSON is ever re-encoded in Lua. Throws a Failure `event_too_large` above 64 KiB.
 */
export function openEnvelopeText(event: UnstampedEvent): string {
  const { id, source, type, subject, dataschema, data, idempotencykey, eventlevel, visibility } = event;
  // Member by member: a third of what JSON.stringify takes for the whole, and this is done for every event.
  const text =
    `{"specversion":"1.0","id":${JSON.stringify(id)},"source":${JSON.stringify(source)}` +
    `,"type":${JSON.stringify(type)}${member("subject", subject)},"dataschema":${JSON.stringify(dataschema)}` +
    `,"datacontenttype":"application/json","data":${JSON.stringify(data)}` +
    `,"idempotencykey":${JSON.stringify(idempotencykey)},"eventlevel":"${eventlevel}","visibility":"${visibility}"` +
    member("correlationid", event.correlationid) +
    member("causationid", event.causationid) +
    member("traceparent", event.traceparent) +
    member("tracestate", event.tracestate);
  if (fits(text, stampBytes)) return text;
  const bytes = Buffer.byteLength(text) + stampBytes;
  throw badInput(
    "event_too_large",
    `The event ${event.type} has ${bytes} bytes; at most ${maxEnvelopeBytes} fit.`,
    {
      cure: "Shorten its texts, or name a file or log instead of quoting it.",
    },
  );
}

/** `signalbox/<repository>/<role>/<session id>`: who says it. */
export function eventSource(speaker: { repositoryId: string; role: string; sessionId: string }): string {
  return ["signalbox", speaker.repositoryId, speaker.role, speaker.sessionId]
    .map(encodeURIComponent)
    .join("/");
}

/** The number in an event's `sequence`. */
export function sequenceOf(event: CloudEvent): number {
  return Number(event.sequence);
}

const schemaUrn = "urn:signalbox:schema:";

/** What of a payload names its schema. */
export function dataSchemaUrn(type: string, major: number): string {
  return `${schemaUrn}${type}:${major}`;
}

/** The major of a `dataschema`, or `null` where it is not of `type`. */
export function majorOf({ type, dataschema }: Pick<CloudEvent, "type" | "dataschema">): number | null {
  const at = schemaUrn.length + type.length;
  const isOfType =
    dataschema.startsWith(schemaUrn) &&
    dataschema.startsWith(type, schemaUrn.length) &&
    dataschema[at] === ":";
  const major = isOfType ? dataschema.slice(at + 1) : "";
  return /^[1-9]\d{0,5}$/.test(major) ? Number(major) : null;
}

/** The slug of a payload, where it has one: the event's subject. */
export function subjectOf(data: EventData): string | undefined {
  return typeof data.slug === "string" ? data.slug : undefined;
}

/** No UTF-16 unit takes more than three bytes, so most texts need no counting. */
function fits(text: string, more = 0): boolean {
  return text.length * 3 + more <= maxEnvelopeBytes || Buffer.byteLength(text) + more <= maxEnvelopeBytes;
}

function member(name: string, value: string | undefined): string {
  return value === undefined ? "" : `,"${name}":${JSON.stringify(value)}`;
}

function unparseable(reason: string): ParsedEnvelope {
  return { kind: "unparseable", reason };
}
