/** The fields that event payloads are made of. Patterns rather than code, so that the exported JSON Schema has them. */
import { z } from "zod";

/** No control characters, no zero-width or bidirectional ones, no halves: what a terminal or a reader could be fooled by. */
const plain =
  "[^\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ud800-\\udfff\\ufeff]";

/** A work item's name. */
export const slug = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, "must be a slug: a-z, 0-9 and inner hyphens, at most 64");

/** A full object id, SHA-1 or SHA-256. */
export const sha = z
  .string()
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, "must be a full object id in lower-case hex");

/**
 * A branch's short name. The git room's rules are stricter; this keeps out what could pass for an option, another ref
 * or a terminal escape wherever a payload is shown or handed on.
 */
export const branch = z
  .string()
  .max(244)
  .regex(
    new RegExp(
      `^(?!-|/|\\.|refs/|HEAD$|@$)(?!.*(?:\\.\\.|//|/\\.|\\.lock(?:/|$)|@\\{|\\\\|[ ~^:?*[]))${plain}+(?<![/.])$`,
      "u",
    ),
    "must be a branch's short name",
  );

/** A configured remote's name, never a URL. */
export const remote = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/, "must be a configured remote's name, not a URL");

/** RFC 3339 with an offset. */
export const time = z.iso.datetime({ offset: true, error: "must be an RFC 3339 time" }).max(40);

/** Who did it: a person, a session, a process. One line. */
export const actor = line(200);

/** A code of a fixed list elsewhere: a reason, a phase, a kind. */
export const code = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, "must be lower-case words joined by _");

/** Counts tries, from 1. */
export const attempt = z.int().min(1).max(1_000_000);

/** How many. */
export const count = z.int().min(0);

/** Words for people, of several lines perhaps. */
export const text = z.string().max(4000);

/** One line of words, not empty. */
export function line(max: number) {
  return z
    .string()
    .max(max)
    .regex(new RegExp(`^(?=.*\\S)${plain}*$`, "u"), "must be one line of text");
}

/** A file's path in a tree; git lets almost any byte be one. */
export const path = z.string().min(1).max(4096);
