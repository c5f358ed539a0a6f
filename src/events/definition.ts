/** Pure: how a type of event is written down, the single source for its schema, key, level, notification and documents. */
import type { z } from "zod";
import type { EventLevel, Visibility } from "./envelope.ts";
import type { EventData, NotificationLifecycle } from "./lifecycle-definition.ts";

/**
 * What makes two sayings one event: the named fields; `content`, every field but times; or `each`, nothing: every
 * emit is an event of its own (its id is its key, so a retried emit is still one).
 */
export type Idempotency = readonly string[] | "content" | "each";

export type EventDefinition<Type extends string = string, Schema extends z.ZodObject = z.ZodObject> = {
  type: Type;
  /** Raised by an incompatible change of `schema`, together with an upcaster from the one before. */
  major: number;
  level: EventLevel;
  visibility: Visibility;
  /** One sentence for the documents: what has happened when this is said. */
  summary: string;
  /** Strict, and of JSON's types only. */
  schema: Schema;
  idempotency: Idempotency;
  /** Only the integrator and the platform may say it. */
  reserved: boolean;
  /** From the major that is the key to the next one. */
  upcasters: Readonly<Record<number, (data: EventData) => EventData>>;
  notification: NotificationLifecycle<z.output<Schema>> | null;
};

type Written<Type extends string, Schema extends z.ZodObject> = Pick<
  EventDefinition<Type, Schema>,
  "type" | "level" | "summary" | "schema" | "idempotency"
> &
  Partial<EventDefinition<Type, Schema>>;

/** Completes a definition: major 1, visible in the cluster, for everybody, without a notification. */
export function defineEvent<const Type extends string, Schema extends z.ZodObject>(
  written: Written<Type, Schema>,
): EventDefinition<Type, Schema> {
  return { major: 1, visibility: "cluster", reserved: false, upcasters: {}, notification: null, ...written };
}

/** The payload of each type among some definitions, as an emitter writes it (defaults may be left out). */
export type PayloadsOf<Definitions extends readonly EventDefinition[]> = {
  [Definition in Definitions[number] as Definition["type"]]: z.input<Definition["schema"]>;
};
