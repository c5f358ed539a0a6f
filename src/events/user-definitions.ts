/** Pure: types of the user's own, written in the configuration as JSON Schema, under the user's own domain. */
import { z } from "zod";
import { badInput, describeError, type Problem } from "../errors.ts";
import { defineEvent, type EventDefinition } from "./definition.ts";
import type { EventLevel, Visibility } from "./envelope.ts";

export type UserType = {
  type: string;
  level: EventLevel;
  visibility: Visibility;
  /** None: each emit is an event of its own. */
  idempotency: readonly string[];
  /** JSON Schema of the payload: an object with properties. Unknown fields are refused whatever it says. */
  schema: Readonly<Record<string, unknown>>;
};

const ours = ["domain.software-development", "signalbox"];

/** Throws a Failure `invalid_event_types` with every problem. */
export function userDefinitions(written: readonly UserType[]): EventDefinition[] {
  const problems: Problem[] = [];
  const definitions = written.flatMap((one) => {
    const schema = schemaOf(one);
    if (ours.some((domain) => one.type === domain || one.type.startsWith(`${domain}.`))) {
      problems.push({ path: one.type, message: "is under Signalbox's own domain; use one of yours" });
    }
    if (typeof schema === "string") {
      problems.push({ path: `${one.type}.schema`, message: schema });
      return [];
    }
    const summary =
      typeof one.schema.description === "string" ? one.schema.description : "An event of the user's own.";
    const idempotency = one.idempotency.length > 0 ? one.idempotency : "each";
    const { type, level, visibility } = one;
    return [defineEvent({ type, level, visibility, summary, schema, idempotency })];
  });
  if (problems.length === 0) return definitions;
  const told = problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
  throw badInput("invalid_event_types", `The event types of the configuration have problems: ${told}`, {
    problems,
  });
}

/** The schema, or what is wrong with it. */
function schemaOf({ schema }: UserType): z.ZodObject | string {
  if (schema.type !== "object" || typeof schema.properties !== "object") {
    return "must be an object with properties";
  }
  try {
    // The written schema is the user's: zod judges it, and throws where it cannot.
    const read = z.fromJSONSchema({ ...schema, type: "object", additionalProperties: false });
    return read instanceof z.ZodObject
      ? read
      : "must be an object with properties, without alternatives around it";
  } catch (error) {
    return describeError(error);
  }
}
