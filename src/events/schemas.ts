/** Pure: the catalog for other programs, as JSON Schema of one type and as an AsyncAPI 3.0 document of all. */
import { z } from "zod";
import type { Catalog } from "./catalog.ts";
import type { EventDefinition } from "./definition.ts";
import { dataSchemaUrn, envelopeSchema } from "./envelope.ts";

export type JsonSchema = Record<string, unknown>;

/** JSON Schema (2020-12) of a type's payload as an emitter writes it. */
export function jsonSchemaOf(definition: EventDefinition): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(definition.schema, { io: "input" });
  return {
    $schema,
    $id: dataSchemaUrn(definition.type, definition.major),
    title: definition.type,
    description: definition.summary,
    ...schema,
  };
}

/** An AsyncAPI 3.0 document: one channel, the log; one message per type, in its CloudEvents envelope. */
export function asyncApiOf(catalog: Catalog, version: string): JsonSchema {
  const { definitions } = catalog;
  const messageRefs = definitions.map(({ type }) => ({ $ref: `#/channels/log/messages/${type}` }));
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Signalbox events",
      version,
      description: "Facts on the way of branches onto main, as CloudEvents 1.0 in structured mode.",
    },
    defaultContentType: "application/cloudevents+json",
    channels: {
      log: {
        address: "{signalbox:{repository}}:stream",
        title: "The log of one repository",
        description: "A Redis stream; field `event` of an entry holds the event, field `type` its type.",
        parameters: { repository: { description: "The repository's identity." } },
        messages: Object.fromEntries(
          definitions.map(({ type }) => [type, { $ref: `#/components/messages/${type}` }]),
        ),
      },
    },
    operations: {
      emit: { action: "send", channel: { $ref: "#/channels/log" }, messages: messageRefs },
      handle: { action: "receive", channel: { $ref: "#/channels/log" }, messages: messageRefs },
    },
    components: {
      messages: Object.fromEntries(definitions.map((definition) => [definition.type, messageOf(definition)])),
      schemas: {
        envelope: draft7(envelopeSchema),
        ...Object.fromEntries(definitions.map(({ type, schema }) => [type, draft7(schema)])),
      },
    },
  };
}

function messageOf(definition: EventDefinition): JsonSchema {
  const { type, summary, major, level, visibility } = definition;
  return {
    name: type,
    title: type,
    summary,
    contentType: "application/cloudevents+json",
    payload: {
      allOf: [
        { $ref: "#/components/schemas/envelope" },
        {
          type: "object",
          properties: {
            type: { const: type },
            dataschema: { const: dataSchemaUrn(type, major) },
            eventlevel: { const: level },
            visibility: { const: visibility },
            data: { $ref: `#/components/schemas/${type}` },
          },
        },
      ],
    },
  };
}

/** AsyncAPI's own schema language is a superset of draft 7. */
function draft7(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", target: "draft-7" });
  return rest;
}
