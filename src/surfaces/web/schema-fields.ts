/** Pure. A JSON Schema of an object, as a table of its fields. */

export type Field = { name: string; type: string; isRequired: boolean; what: string };

/** The fields in the schema's own order; none where it describes no object. */
export function fieldsOf(schema: Readonly<Record<string, unknown>>): Field[] {
  const properties = recordOf(schema.properties);
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(properties).map(([name, given]) => {
    const field = recordOf(given);
    return { name, type: typeOf(field), isRequired: required.includes(name), what: limitsOf(field) };
  });
}

function typeOf(field: Readonly<Record<string, unknown>>): string {
  const { type, items, format } = field;
  const either = field.enum ?? field.anyOf;
  if (Array.isArray(field.enum)) return field.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(either)) return either.map((one) => typeOf(recordOf(one))).join(" | ");
  if (type === "array") return `list of ${typeOf(recordOf(items))}`;
  if (type === "object") return `{${Object.keys(recordOf(field.properties)).join(", ")}}`;
  if (format === "date-time") return "time";
  return Array.isArray(type) ? type.join(" | ") : typeof type === "string" ? type : "anything";
}

function limitsOf(field: Readonly<Record<string, unknown>>): string {
  const { description, minimum, maximum, minLength, maxLength, minItems, maxItems } = field;
  const said = [
    typeof description === "string" ? description : "",
    between(minimum, maximum, ""),
    between(minLength, maxLength, " characters"),
    between(minItems, maxItems, " entries"),
    field.default === undefined ? "" : `default ${JSON.stringify(field.default)}`,
  ];
  return said.filter((text) => text !== "").join("; ");
}

function between(least: unknown, most: unknown, unit: string): string {
  const [from, to] = [bound(least), bound(most)];
  if (from !== null && to !== null) return `${from} to ${to}${unit}`;
  if (from !== null) return `at least ${from}${unit}`;
  return to === null ? "" : `at most ${to}${unit}`;
}

/** The bounds of all integers say nothing. */
function bound(value: unknown): string | null {
  const isBound = typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  return isBound ? value.toLocaleString("en") : null;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  const isRecord = value !== null && typeof value === "object" && !Array.isArray(value);
  // as: what is an object and no list has names and values, of which nothing more is assumed.
  return isRecord ? (value as Record<string, unknown>) : {};
}
