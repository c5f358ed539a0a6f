/** The kinds of value that several keys of the configuration share. Pure. */
import { z } from "zod";
import { durationPattern, parseDurationMs, parseSizeBytes, sizePattern } from "./units.ts";

const durationHint = "a duration with its unit, such as 120s, 15m, 2h or 30d";
const sizeHint = "a number of bytes, or a size such as 100MB";

/** `15m` → milliseconds. */
export const durationMs = z
  .string({ error: durationHint })
  .regex(durationPattern, durationHint)
  .transform((text, context) => {
    const ms = parseDurationMs(text);
    if (ms !== null) return ms;
    context.addIssue({ code: "custom", message: `${durationHint}, at least 1ms and at most ten years` });
    return z.NEVER;
  });

/** `100MB`, or a number → bytes. */
export const sizeBytes = z
  .union([z.int().min(1), z.string().regex(sizePattern)], { error: sizeHint })
  .transform((value, context) => {
    const bytes = typeof value === "number" ? value : parseSizeBytes(value);
    if (bytes !== null) return bytes;
    context.addIssue({ code: "custom", message: sizeHint });
    return z.NEVER;
  });

/** A path inside the repository, with `/`: relative, and unable to leave it or to name git's own files. */
export const relativeFolder = z
  .string()
  .min(1, "write a path inside the repository")
  .max(500)
  .refine(
    (path) =>
      !/[\p{Cc}\\]/u.test(path) &&
      path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && !/^\.git$/i.test(part)),
    "a path inside the repository, such as docs/todos: no leading or trailing '/', no '..', no '.git'",
  );

/** Text on one line, without control characters. */
export function singleLine(lengthMax: number) {
  return z
    .string()
    .trim()
    .min(1, "must not be empty")
    .max(lengthMax)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, "one line, without control characters");
}

/** The name of an environment variable. */
export const variableName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    "the name of an environment variable; the secret itself is never written here",
  );

/** Refuses a list in which two entries have the same value under `key`, at the later one. */
export function noRepeats<K extends string>(key: K) {
  return (entries: { [name in K]: string }[], context: z.RefinementCtx) => {
    const seen = new Set<string>();
    entries.forEach((entry, index) => {
      if (seen.has(entry[key])) {
        context.addIssue({
          code: "custom",
          path: [index, key],
          message: `${entry[key]} is already in the list`,
        });
      }
      seen.add(entry[key]);
    });
  };
}

/** Exactly one of the two ways to name a secret: a variable, or a file. */
export function oneSecret<E extends string, F extends string>(envKey: E, fileKey: F) {
  return {
    holds: (entry: { [name in E | F]?: string | undefined }) =>
      (entry[envKey] === undefined) !== (entry[fileKey] === undefined),
    why: { path: [envKey], message: `name the secret by exactly one of ${envKey} and ${fileKey}` },
  };
}
