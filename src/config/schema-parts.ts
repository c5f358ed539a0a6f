/** The parts of the configuration that say who works, who is told, and which events are the user's own. Pure. */
import { z } from "zod";
import { parseCommand } from "./command-template.ts";
import { durationMs, noRepeats, oneSecret, singleLine, variableName } from "./fields.ts";

const level = z.enum(["infrastructure", "operational", "workflow", "business"]);
const command = singleLine(2000)
  .superRefine((text, context) => {
    const parsed = parseCommand(text);
    if (parsed.kind === "invalid") context.addIssue({ code: "custom", message: parsed.why });
  })
  .describe(
    "split into words like a shell does, but never run by one; values such as {slug}, {branch}, {base} and {worktree} are put into the words",
  );

/** Who prepares, builds, reviews, fixes and finalizes. */
export const workers = z
  .strictObject({
    prepare: command
      .optional()
      .describe("makes a worktree ready to work in; run again when a lockfile or the script itself changed"),
    build: command.optional(),
    review: command.optional(),
    fix: command.optional(),
    finalize: command.default("builtin"),
    maxParallel: z.int().min(1).max(64).default(2),
    runner: z.enum(["process", "tmux"]).default("process"),
  })
  .prefault({});

/** Which events: whole types, branches of them, or patterns. */
const typePatterns = z
  .array(
    z
      .string()
      .max(200)
      .regex(/^[A-Za-z0-9*][A-Za-z0-9.*_-]*$/, "an event type, or a pattern such as integration.*"),
  )
  .min(1);

/** Who may act, and who is told what. */
export const people = z
  .array(
    z.strictObject({
      name: singleLine(100),
      role: z.enum(["admin", "viewer"]),
      telegram: z
        .union([z.int(), z.string().regex(/^-?[0-9]{1,20}$/)], { error: "a numeric chat id" })
        .transform(String)
        .optional(),
      level: level.default("workflow").describe("the least level this person is told of"),
      quiet: z
        .string()
        .regex(
          /^(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:[01][0-9]|2[0-3]):[0-5][0-9]$/,
          'hours such as "22:00-07:00"',
        )
        .refine(
          (hours) => hours.slice(0, 5) !== hours.slice(6),
          "hours that begin and end at different times",
        )
        .optional()
        .describe("business-level notifications break through"),
      timeZone: z
        .string()
        .max(100)
        .refine(isTimeZone, "a time zone's name, such as Europe/Berlin")
        .optional()
        .describe("of the quiet hours (default: the daemon's)"),
      domains: typePatterns
        .optional()
        .describe("the events this person is told of, such as deployment or integration.* (default: all)"),
      digest: durationMs
        .optional()
        .describe("what does not ring is put together for so long, such as 1h (default: told at once)"),
    }),
  )
  .superRefine(noRepeats("name"))
  .default([]);

const botToken = oneSecret("tokenEnv", "tokenFile");
const webhookSecret = oneSecret("secretEnv", "secretFile");

const webhook = z
  .strictObject({
    name: z
      .string()
      .max(50)
      .regex(
        /^(?![0-9a-f]{12}$)[A-Za-z0-9][A-Za-z0-9._-]*$/,
        "letters, digits, '.', '_' and '-'; not twelve hexadecimal digits, which is what one without a name is called by",
      )
      .optional()
      .describe("what it is called, as in webhook:NAME (default: a digest of its URL)"),
    url: z
      .string()
      .max(2000)
      .refine(
        isPlainHttpUrl,
        "an http(s) URL without user or password; secrets go into secretEnv or secretFile",
      ),
    secretEnv: variableName.optional(),
    secretFile: singleLine(1000).optional(),
    types: typePatterns.optional().describe("default: all"),
  })
  .refine(webhookSecret.holds, webhookSecret.why);

/** Each has a record of its own of what it was told, kept under its name. */
function toldApart(entries: readonly { name?: string | undefined; url: string }[], context: z.RefinementCtx) {
  const seen = new Set<string>();
  entries.forEach(({ name, url }, index) => {
    const known = name ?? `url ${url}`;
    if (seen.has(known))
      context.addIssue({
        code: "custom",
        path: [index, name === undefined ? "url" : "name"],
        message:
          name === undefined
            ? "is in the list already: give each of them a name of its own"
            : `${name} is already in the list`,
      });
    seen.add(known);
  });
}

/** Where notifications go, beside the boards. */
export const notify = z
  .strictObject({
    telegram: z
      .strictObject({ tokenEnv: variableName.optional(), tokenFile: singleLine(1000).optional() })
      .refine(botToken.holds, botToken.why)
      .optional(),
    webhooks: z.array(webhook).superRefine(toldApart).default([]),
  })
  .prefault({});

/** Event types of the user's own. Whether a schema is a usable one is judged where the catalog is made. */
export const eventTypes = z
  .array(
    z.strictObject({
      type: z
        .string()
        .max(200)
        .regex(
          /^[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)+$/,
          "dotted lower-case names, such as acme.release.cut",
        ),
      level: level.default("operational"),
      visibility: z.enum(["local", "cluster", "public"]).default("local"),
      idempotency: z
        .array(z.string().min(1))
        .default([])
        .describe("fields that make two events the same one"),
      schema: z.record(z.string(), z.json()).describe("JSON Schema of data"),
    }),
  )
  .superRefine(noRepeats("type"))
  .default([]);

function isPlainHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
