/**
 * The text of `signalbox.yaml` → one frozen value, or every problem at once, each with its path and line. Pure.
 *
 * The text is read as data: duplicate keys, `__proto__`, unknown tags, several documents and alias bombs are problems
 * like any other. A key without a value counts as absent, so that a section whose lines are all commented out is fine.
 */
import { type Document, isScalar, LineCounter, type Pair, parseDocument, visit } from "yaml";
import { z } from "zod";
import type { Problem } from "../errors.ts";
import { nearestNames } from "../nearest.ts";
import { frozen } from "./frozen.ts";
import { configurationSchema } from "./schema.ts";

/** The configuration as the program knows it: frozen, every default filled in, times in milliseconds. */
export type Config = ReturnType<typeof settle>;

/** `line` counts from 1; null where the problem has no place in the text. */
export type ConfigProblem = Problem & { line: number | null };

export type ConfigReading = { kind: "read"; config: Config } | { kind: "refused"; problems: ConfigProblem[] };

/** Reads the text of a `signalbox.yaml`. An empty text is the defaults. */
export function readConfiguration(text: string): ConfigReading {
  if (text.length > longestText) return refuse("", `longer than ${longestText} characters`);
  try {
    return readDocument(text);
  } catch (error) {
    if (error instanceof RangeError) return refuse("", nestedTooDeep);
    throw error;
  }
}

/** JSON Schema of `signalbox.yaml`, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(configurationSchema, { io: "input" }), title: "signalbox.yaml" };
}

const longestText = 256 * 1024;
const aliasesMax = 100;
const problemsMax = 50;
/** The YAML library recurses, once a level, and throws a RangeError or reports it as a syntax error. */
const nestedTooDeep = "nested too deep";
const stackOverflow = /call stack/;

function readDocument(text: string): ConfigReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number | undefined) => (offset === undefined ? null : lines.linePos(offset).line);

  if (document.errors.some((error) => stackOverflow.test(error.message))) return refuse("", nestedTooDeep);
  const malformed = [...document.errors, ...document.warnings].map((error) =>
    problem("", firstClause(error.message), lineAt(error.pos[0])),
  );
  const problems = [...malformed, ...keyProblems(document, lineAt)];
  if (problems.length > 0) return { kind: "refused", problems: inOrder(problems) };

  const plain = plainValue(document);
  if (plain.kind === "refused") return refuse("", plain.why);
  const checked = configurationSchema.safeParse(withoutEmpty(plain.value));
  if (checked.success) return { kind: "read", config: frozen(settle(checked.data)) };
  const found = checked.error.issues.flatMap((issue) => issueProblems(issue, document, lineAt));
  return { kind: "refused", problems: inOrder(found) };
}

type LineAt = (offset: number | undefined) => number | null;

/** Keys that are not plain text, or that JavaScript would take for something else. */
function keyProblems(document: Document, lineAt: LineAt): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  visit(document, {
    Pair(_, pair) {
      const key = isScalar(pair.key) ? pair.key.value : null;
      const line = lineAt(rangeStart(pair.key));
      if (typeof key !== "string") problems.push(problem("", "a key must be plain text", line));
      else if (key === "__proto__") problems.push(problem(key, "this key is not allowed", line));
    },
  });
  return problems;
}

/** Refused where an alias has no anchor, or where aliases multiply beyond reason. */
function plainValue(
  document: Document,
): { kind: "plain"; value: unknown } | { kind: "refused"; why: string } {
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
    return { kind: "plain", value: value ?? {} };
  } catch (error) {
    if (error instanceof ReferenceError) return { kind: "refused", why: firstClause(error.message) };
    throw error;
  }
}

/** Without keys that have no value, but for what is inside a user's own JSON Schema, where null means null. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, key === "schema" ? inner : withoutEmpty(inner)]),
  );
}

type Issue = z.core.$ZodIssue;

function issueProblems(issue: Issue, document: Document, lineAt: LineAt): ConfigProblem[] {
  if (issue.code !== "unrecognized_keys") {
    return [problem(pathText(issue.path), issueSentence(issue), lineAt(offsetOf(document, issue.path)))];
  }
  return issue.keys.map((key) => {
    const path = [...issue.path, key];
    const hint = nearestNames(key, keysKnownAt(issue.path))[0];
    const message = hint === undefined ? "unknown key" : `unknown key; did you mean ${hint}?`;
    return problem(pathText(path), message, lineAt(keyOffset(document, issue.path, key)));
  });
}

function issueSentence(issue: Issue): string {
  if (issue.code === "invalid_value") return `expected one of: ${issue.values.map(String).join(", ")}`;
  if (issue.code === "invalid_type" && issue.message.endsWith("received undefined")) return "is missing";
  const words = issue.message.replace(/^Invalid input: /, "");
  return words.replaceAll(/\bobject\b/g, "map").replaceAll(/\barray\b/g, "list");
}

/** The keys the schema has at a path, for the hint. */
function keysKnownAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configJsonSchema();
  for (const part of path) {
    schema =
      typeof part === "number" ? field(schema, "items") : field(field(schema, "properties"), String(part));
  }
  const properties = field(schema, "properties");
  return typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** Where the nearest existing ancestor of a path stands: what is missing has no place of its own. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const parent = path.slice(0, length - 1);
    const last = path[length - 1];
    const key = typeof last === "string" ? keyOffset(document, parent, last) : undefined;
    if (key !== undefined) return key;
    const node: unknown = document.getIn(path.slice(0, length), true);
    const start = rangeStart(node);
    if (start !== undefined) return start;
  }
  return rangeStart(document.contents);
}

function keyOffset(document: Document, parent: readonly PropertyKey[], key: string): number | undefined {
  const map: unknown = parent.length === 0 ? document.contents : document.getIn(parent, true);
  const items = field(map, "items");
  if (!Array.isArray(items)) return undefined;
  const pair = items.find((item: Pair) => isScalar(item.key) && item.key.value === key);
  return rangeStart(field(pair, "key"));
}

function rangeStart(node: unknown): number | undefined {
  const range = field(node, "range");
  const start: unknown = Array.isArray(range) ? range[0] : undefined;
  return typeof start === "number" ? start : undefined;
}

function problem(path: string, message: string, line: number | null): ConfigProblem {
  return { path, message: line === null ? message : `${message} (line ${line})`, line };
}

function refuse(path: string, message: string): ConfigReading {
  return { kind: "refused", problems: [problem(path, message, null)] };
}

function inOrder(problems: ConfigProblem[]): ConfigProblem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)).slice(0, problemsMax);
}

/** `checks[0].timeout` */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}

/** The first clause of the YAML library's message, which may go on with advice on its own functions. */
function firstClause(message: string): string {
  return (message.split(/[\n;]/)[0] ?? "").replace(/[.:]$/, "");
}

/** Units into names, and the one default that depends on another key. */
function settle(raw: z.output<typeof configurationSchema>) {
  const { repository, approval, checks, limits, lease, retention, ...rest } = raw;
  const { roles, ...sizes } = limits;
  const roadmapByPolicy = [{ paths: [`${raw.delivery.todos}/roadmap.yaml`], by: "policy" }];
  return {
    ...rest,
    repository: repository ?? null,
    approval: { bind: approval.bind, policies: approval.policies ?? roadmapByPolicy },
    checks: checks.map(({ timeout, ...check }) => ({ ...check, timeoutMs: timeout })),
    limits: {
      ...sizes,
      roleMs: {
        prepare: roles.prepare,
        build: roles.build,
        review: roles.review,
        fix: roles.fix,
        finalize: roles.finalize,
      },
    },
    lease: { ttlMs: lease.ttl, renewMs: lease.renew },
    retentionMs: retention,
  };
}
