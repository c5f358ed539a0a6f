/**
 * Pure: one spelling for equal payloads: canonical JSON (keys sorted by code unit, as RFC 8785 has it), and what is derived
 * from it: the digest two sayings of one fact are compared by, and the key that makes them one event. Both lie in Redis
 * for as long as the log does, so neither may ever be derived otherwise.
 */
import { hash } from "node:crypto";
import { badInput } from "../errors.ts";
import type { EventData } from "./lifecycle-definition.ts";

/** A field of an idempotency key. `required`: every accepted payload has it. */
export type KeyField = { name: string; required: boolean };

/** How the payloads of one type are told apart: asked of the definition once, used at each event. */
export type IdentityRule = {
  type: string;
  /** Every name a payload can have. */
  names: readonly Spelled[];
  from: readonly KeyField[] | "content" | "each";
};

type Spelled = { name: string; text: string };

export type Identity = {
  /** `null` where every emit is an event of its own. */
  key: string | null;
  digest: string;
};

const deepest = 64;

/** Canonical JSON. Throws a Failure `not_json` for what JSON has no word for, or more than 64 levels. */
export function canonicalJson(value: unknown): string {
  return write(value, { path: "", depth: 0, times: true });
}

/** A rule for payloads that have no other names than these. */
export function identityRule(
  type: string,
  names: readonly string[],
  from: IdentityRule["from"],
): IdentityRule {
  return {
    type,
    from,
    names: names
      .filter((name) => !isTime(name))
      .sort()
      .map(spelled),
  };
}

/**
 * What makes a payload one event, and what another saying of it is compared by: 128 bits over all fields but times
 * (`*_at`), at any depth. Throws what `idempotencyKey` and `canonicalJson` throw.
 */
export function identityOf({ type, names, from }: IdentityRule, data: EventData): Identity {
  let members = "";
  for (const { name, text } of names) {
    const member = Object.hasOwn(data, name) ? data[name] : undefined;
    if (member === undefined) continue;
    const separator = members === "" ? "" : ",";
    members +=
      separator + text + (scalarText(member) ?? write(member, { path: `.${name}`, depth: 1, times: false }));
  }
  const content = sha256(`{${members}}`);
  const digest = content.slice(0, 32);
  if (from === "each") return { key: null, digest };
  return { key: from === "content" ? `${type}:${content}` : idempotencyKey(type, data, from), digest };
}

/**
 * `<type>:<sha256>` over the canonical JSON of the named fields. An absent optional field enters as null, which no
 * string equals; an absent required one is a Failure `missing_idempotency_field`.
 */
export function idempotencyKey(type: string, data: EventData, fields: readonly KeyField[]): string {
  const named: Record<string, unknown> = {};
  for (const { name, required } of fields) {
    const value = Object.hasOwn(data, name) ? data[name] : undefined;
    if (value === undefined && required) {
      throw badInput(
        "missing_idempotency_field",
        `An event ${type} needs "${name}": it is part of what makes it one event.`,
      );
    }
    named[name] = value ?? null;
  }
  return `${type}:${sha256(canonicalJson(named))}`;
}

type Place = { path: string; depth: number; times: boolean };

function write(value: unknown, place: Place): string {
  const scalar = scalarText(value);
  if (scalar !== null) return scalar;
  const { path, depth, times } = place;
  if (depth > deepest) throw notJson(path, `is nested deeper than ${deepest} levels`);
  if (typeof value === "number") throw notJson(path, "is not a finite number");
  if (Array.isArray(value)) {
    const items = value.map(
      (item, index) =>
        scalarText(item) ?? write(item, { path: `${path}[${index}]`, depth: depth + 1, times }),
    );
    return `[${items.join(",")}]`;
  }
  if (!isObject(value)) throw notJson(path, `is a ${typeof value}`);
  let members = "";
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined || (!times && isTime(name))) continue;
    // Where it lies is spelled out only for what can hold something wrong.
    const text = scalarText(member) ?? write(member, { path: `${path}.${name}`, depth: depth + 1, times });
    members += `${members === "" ? "" : ","}${JSON.stringify(name)}:${text}`;
  }
  return `{${members}}`;
}

/** A text, number, truth value or null, else `null`. */
function scalarText(value: unknown): string | null {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? JSON.stringify(value) : null;
    default:
      return value === null ? "null" : null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isTime(name: string): boolean {
  return name.endsWith("_at");
}

function spelled(name: string): Spelled {
  return { name, text: `${JSON.stringify(name)}:` };
}

function notJson(path: string, what: string) {
  return badInput(
    "not_json",
    `The value${path === "" ? "" : ` at ${path}`} ${what}, so JSON cannot carry it.`,
  );
}

function sha256(text: string): string {
  return hash("sha256", text, "hex");
}
