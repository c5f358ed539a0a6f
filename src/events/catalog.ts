/**
 * Pure: all types of events one program knows. Checked as a whole when it is made, so that a wrong definition fails at start
 * and never at an emit; afterwards the one judge of payloads, both of those about to be said and of those read back.
 */
import type { z } from "zod";
import { badInput, Failure, type Problem } from "../errors.ts";
import { nearestNames } from "../nearest.ts";
import { type Identity, type IdentityRule, identityOf, identityRule } from "./canonical.ts";
import type { EventDefinition } from "./definition.ts";
import { dataSchemaUrn } from "./envelope.ts";
import { hotSchema } from "./hot-schema.ts";
import type { EventData } from "./lifecycle-definition.ts";

/** A payload its schema accepted, with what the write script needs to make it one event. */
export type ValidEvent = Identity & { definition: EventDefinition; data: EventData; dataschema: string };

export type Upcast = { kind: "current"; data: EventData } | { kind: "unreadable"; reason: string };

export type Catalog = {
  /** In the order they were registered. */
  definitions: readonly EventDefinition[];
  /** The definition of a type, or `null`. */
  find(type: string): EventDefinition | null;
  /** The definition of a type; throws a Failure `unknown_event_type` that names the nearest ones. */
  get(type: string): EventDefinition;
  /** A payload, checked and completed with its defaults. Throws one Failure `invalid_event` with every problem. */
  validate(type: string, data: unknown): ValidEvent;
  /** A payload of an older major in the shape of today's. Never throws. */
  upcast(type: string, major: number, data: EventData): Upcast;
};

/** Throws a Failure `invalid_catalog` with every problem of the definitions. */
export function createCatalog(definitions: readonly EventDefinition[]): Catalog {
  const problems = definitions.flatMap((definition, index) => [
    ...duplicateProblems(definitions, index),
    ...definitionProblems(definition),
  ]);
  if (problems.length > 0) {
    throw badInput(
      "invalid_catalog",
      `The event catalog has ${problems.length} problem(s): ${oneLine(problems)}`,
      {
        problems,
      },
    );
  }
  const byType = new Map(definitions.map((definition) => [definition.type, readied(definition)]));
  const known = (type: string) => byType.get(type) ?? unknownType(type, byType.keys());
  return {
    definitions,
    find: (type) => byType.get(type)?.definition ?? null,
    get: (type) => known(type).definition,
    validate: (type, data) => validate(known(type), data),
    upcast: (type, major, data) => upcast(byType.get(type), { type, major, data }),
  };
}

/** A definition and what is asked of it once, because zod's answer is slow. */
type Readied = {
  definition: EventDefinition;
  parse: ReturnType<typeof hotSchema<EventDefinition["schema"]>>;
  dataschema: string;
  identity: IdentityRule;
};

function readied(definition: EventDefinition): Readied {
  const { type, major, schema, idempotency } = definition;
  const from =
    typeof idempotency === "string"
      ? idempotency
      : idempotency.map((name) => ({ name, required: isAlwaysThere(schema, name) }));
  return {
    definition,
    parse: hotSchema(schema),
    dataschema: dataSchemaUrn(type, major),
    identity: identityRule(type, Object.keys(schema.shape), from),
  };
}

function validate({ definition, parse, dataschema, identity }: Readied, data: unknown): ValidEvent {
  const parsed = parse(data);
  if (!parsed.success) {
    const problems = problemsOf(parsed.error.issues, definition, data);
    throw badInput("invalid_event", `An event ${definition.type} cannot be said so: ${oneLine(problems)}`, {
      problems,
      cure: `See what it takes: signalbox events schema ${definition.type}`,
    });
  }
  const { key, digest } = identityOf(identity, parsed.data);
  return { definition, data: parsed.data, dataschema, key, digest };
}

function upcast(
  known: Readied | undefined,
  written: { type: string; major: number; data: EventData },
): Upcast {
  if (known === undefined)
    return { kind: "unreadable", reason: `nobody here knows the type ${written.type}` };
  const { definition, parse } = known;
  if (written.major > definition.major) {
    const reason = `its major ${written.major} is newer than ${definition.major}, the newest known here`;
    return { kind: "unreadable", reason };
  }
  let data = written.data;
  try {
    for (let major = written.major; major < definition.major; major++) {
      const step = definition.upcasters[major];
      if (step === undefined)
        return { kind: "unreadable", reason: `nothing brings major ${major} up to date` };
      data = step(data);
    }
  } catch (error) {
    return {
      kind: "unreadable",
      reason: `its major ${written.major} could not be brought up to date: ${error}`,
    };
  }
  const parsed = parse(data);
  if (parsed.success) return { kind: "current", data: parsed.data };
  return { kind: "unreadable", reason: oneLine(problemsOf(parsed.error.issues, definition, data)) };
}

function duplicateProblems(definitions: readonly EventDefinition[], index: number): Problem[] {
  const type = definitions[index]?.type;
  const first = definitions.findIndex((definition) => definition.type === type);
  return first === index ? [] : [{ path: String(type), message: "is registered twice" }];
}

function definitionProblems(definition: EventDefinition): Problem[] {
  const { type, schema, idempotency, notification, major, upcasters } = definition;
  const messages: string[] = [];
  if (!/^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+$/.test(type) || type.length > 128) {
    messages.push("is no type name: lower-case words with dots between them");
  }
  if (schema.def.catchall?._zod.def.type !== "never")
    messages.push("has a schema that lets unknown fields through");
  if (Array.isArray(idempotency)) {
    if (idempotency.length === 0)
      messages.push('names no idempotency field; say "content" or "each" for that');
    for (const name of idempotency) {
      if (!Object.hasOwn(schema.shape, name))
        messages.push(`has the idempotency field "${name}", which its schema lacks`);
      else if (name.endsWith("_at")) messages.push(`has a time, "${name}", in its idempotency`);
    }
  }
  for (const name of notification?.groupFields ?? []) {
    if (!Object.hasOwn(schema.shape, name))
      messages.push(`has the group field "${name}", which its schema lacks`);
    else if (!isAlwaysThere(schema, name))
      messages.push(`has the group field "${name}", which may be absent`);
  }
  for (const name of notification?.meaningful ?? []) {
    if (!Object.hasOwn(schema.shape, name))
      messages.push(`calls "${name}" meaningful, which its schema lacks`);
  }
  for (let older = 1; older < major; older++) {
    if (upcasters[older] === undefined) messages.push(`has no upcaster from its major ${older}`);
  }
  return messages.map((message) => ({ path: type, message }));
}

/** Whether an accepted payload always has the field: required, or filled in by a default. */
function isAlwaysThere(schema: z.ZodObject, name: string): boolean {
  const parsed = schema.shape[name]?.safeParse(undefined);
  return parsed !== undefined && (!parsed.success || parsed.data !== undefined);
}

function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  definition: EventDefinition,
  data: unknown,
): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const path = ["data", ...issue.path.map(String)].join(".");
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => {
        const near = issue.path.length === 0 ? nearestNames(key, Object.keys(definition.schema.shape)) : [];
        const hint = near[0] === undefined ? "" : `; did you mean ${near[0]}?`;
        return { path: `${path}.${key}`, message: `unknown field${hint}` };
      });
    }
    const absent = issue.path.length > 0 && valueAt(data, issue.path) === undefined;
    return [{ path, message: absent ? "is required" : issue.message }];
  });
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const name of path) {
    if (value === null || typeof value !== "object") return undefined;
    value = Object.getOwnPropertyDescriptor(value, name)?.value;
  }
  return value;
}

function unknownType(type: string, known: Iterable<string>): never {
  const types = [...known];
  const ending = types.filter((candidate) => candidate.endsWith(`.${type}`));
  const near = ending.length > 0 ? ending : nearestNames(type, types, 3);
  throw new Failure({
    code: "unknown_event_type",
    kind: "bad_input",
    message: `There is no event type ${JSON.stringify(type.slice(0, 200))}.`,
    cure: near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "List them: signalbox events schema",
  });
}

function oneLine(problems: readonly Problem[]): string {
  return problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
}
