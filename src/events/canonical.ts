/**
 * Pure: one spelling for equal payloads: canonical JSON (keys sorted by code unit, as RFC 8785 has it), and what is derived
 * from it: the digest two sayings of one fact are compared by, and the key that makes them one event.
 */
import { createHash } from "node:crypto";
import { badInput } from "../errors.ts";
import type { EventData } from "./lifecycle-definition.ts";

const deepest = 64;

/** Canonical JSON. Throws a Failure `not_json` for what JSON has no word for, or more than 64 levels. */
export function canonicalJson(value: unknown): string {
  return write(value, "", 0);
}

/** What two payloads of one key are compared by: 128 bits over all fields but times (`*_at`), at any depth. */
export function payloadDigest(data: EventData): string {
  return sha256(canonicalJson(withoutTimes(data, 0))).slice(0, 32);
}

/**
 * `<type>:<sha256>` over the canonical JSON of the named fields. An absent optional field enters as null, which no
 * string equals; an absent required one is a Failure `missing_idempotency_field`.
 */
export function idempotencyKey(
  type: string,
  data: EventData,
  fields: readonly { name: string; required: boolean }[],
): string {
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

/** The key of an event that is its whole payload, times left out. */
export function contentKey(type: string, data: EventData): string {
  return `${type}:${sha256(canonicalJson(withoutTimes(data, 0)))}`;
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > deepest) throw notJson(path, `is nested deeper than ${deepest} levels`);
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw notJson(path, "is not a finite number");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => write(item, `${path}[${index}]`, depth + 1)).join(",")}]`;
  }
  if (typeof value === "object") {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${write(member, `${path}.${name}`, depth + 1)}`);
    return `{${members.join(",")}}`;
  }
  throw notJson(path, `is a ${typeof value}`);
}

function withoutTimes(value: unknown, depth: number): unknown {
  if (depth > deepest || value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => withoutTimes(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.endsWith("_at"))
      .map(([name, member]) => [name, withoutTimes(member, depth + 1)]),
  );
}

function notJson(path: string, what: string) {
  return badInput(
    "not_json",
    `The value${path === "" ? "" : ` at ${path}`} ${what}, so JSON cannot carry it.`,
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
