/** Pure: renders docs/events.md from the catalog. */
import type { Catalog } from "./catalog.ts";
import type { EventDefinition } from "./definition.ts";
import { type JsonSchema, jsonSchemaOf } from "./schemas.ts";

const opening = `# Events

<!-- Generated from src/events by scripts/generate-events-doc.ts. -->

Everything that happens is an event: a CloudEvents 1.0 envelope in the repository's log. Said again, a fact is the same
event: its key is its type and the fields named under *one event per*; times (\`*_at\`) are never compared. The same key
with another payload is refused (\`idempotency_conflict\`). Unknown fields are refused. *Reserved* types are said by the
integrator and the platform alone. \`signalbox events schema TYPE\` prints the JSON Schema of a payload,
\`signalbox events schema --format asyncapi\` an AsyncAPI 3.0 document of all.

Each event also has \`id\` (UUIDv7), \`source\` (\`signalbox/<repository>/<role>/<session>\`), \`subject\` (the slug), \`time\`
(Redis' clock), \`dataschema\` (\`urn:signalbox:schema:<type>:<major>\`), \`idempotencykey\`, \`eventlevel\`, \`visibility\`,
\`sequence\` and \`epoch\` (a hole or another epoch means loss), and, where they apply, \`correlationid\` (the delivery),
\`causationid\`, \`traceparent\` and \`tracestate\` (docs/observability.md). At most 64 KiB.
`;

/** The reference of every type, in the catalog's order. */
export function eventReference(catalog: Catalog): string {
  return `${[opening, ...catalog.definitions.map(section)].join("\n")}`;
}

function section(definition: EventDefinition): string {
  const { type, major, level, visibility, summary, reserved } = definition;
  const traits = [
    level,
    `visible: ${visibility}`,
    ...(major > 1 ? [`major ${major}`] : []),
    ...(reserved ? ["reserved"] : []),
  ];
  return [
    `## \`${type}\``,
    "",
    `${summary} (${traits.join(", ")})`,
    "",
    `One event per: ${identity(definition)}. Notification: ${notification(definition)}.`,
    "",
    "| field | | what |",
    "| --- | --- | --- |",
    ...fieldRows(jsonSchemaOf(definition)),
    "",
  ].join("\n");
}

function identity({ idempotency }: EventDefinition): string {
  if (idempotency === "each") return "emit";
  if (idempotency === "content") return "content (all fields but times)";
  return idempotency.map((name) => `\`${name}\``).join(", ");
}

function notification({ notification: lifecycle }: EventDefinition): string {
  if (lifecycle === null) return "none";
  const { effect, agentStatus, needsAttention, quiet, silent } = lifecycle;
  const traits = [
    effect,
    ...(agentStatus === undefined ? [] : [`agent status \`${agentStatus}\``]),
    ...(needsAttention ? ["needs attention"] : []),
    ...(quiet ? ["quiet"] : []),
    ...(silent ? ["silent"] : []),
  ];
  return traits.join(", ");
}

function fieldRows(schema: JsonSchema): string[] {
  const required = new Set(listOf(schema.required));
  return Object.entries(objectOf(schema.properties)).map(([name, field]) => {
    const written = objectOf(field);
    const need = required.has(name)
      ? "required"
      : "default" in written
        ? `default ${JSON.stringify(written.default)}`
        : "optional";
    return `| \`${name}\` | ${need} | ${kindOf(written)} |`;
  });
}

function kindOf(field: Record<string, unknown>): string {
  const choices = listOf(field.enum);
  if (choices.length > 0) return choices.map((choice) => `\`${choice}\``).join(", ");
  if (Array.isArray(field.anyOf)) return field.anyOf.map((one) => kindOf(objectOf(one))).join(" or ");
  if (field.type === "array") {
    const least = typeof field.minItems === "number" ? `, at least ${field.minItems}` : "";
    return `list of ${kindOf(objectOf(field.items))}${least}`;
  }
  if (field.type === "object") return `{${Object.keys(objectOf(field.properties)).join(", ")}}`;
  if (field.format === "date-time") return "time (RFC 3339)";
  if (field.type === "integer" && typeof field.minimum === "number") return `integer ≥ ${field.minimum}`;
  return `${field.type ?? "anything"}`;
}

function objectOf(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === "object" ? Object.fromEntries(Object.entries(value)) : {};
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
