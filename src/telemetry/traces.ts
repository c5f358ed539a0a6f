/**
 * The port through which the rooms say what they do and for how long: spans of a trace. Each room is handed a `Traces`;
 * by default it is `noTraces`, which does nothing and loads nothing. Only `sdk.ts` knows a library.
 *
 * Telling must never cost a landing anything: no call here waits, and none throws.
 */
import type { TraceContext } from "./trace-context.ts";

export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export type SpanStart = {
  name: string;
  kind?: "producer" | "consumer" | "server";
  /** What it is a part of. Absent: what is active here; null: nothing, it begins a trace. */
  under?: TraceContext | null;
  /**
   * Its own id, where others must be able to name it: 16 hexadecimal digits. `trace` (32 of them) is the trace it begins,
   * where it is a part of nothing.
   */
  id?: { span: string; trace: string };
  /** Its parts are told with it, or not at all. It must come to an end. */
  whole?: boolean;
  /** Wall clock, ms. Default: now. */
  startMs?: number;
  attributes?: Attributes;
};

export type OpenSpan = {
  /** What is said or done elsewhere continues from here; null: there is no trace. */
  readonly context: TraceContext | null;
  set(attributes: Attributes): void;
  /** It ends with a failure, of which only the code is told: texts may hold what is nobody's business. */
  fail(code: string): void;
  /** One that is never ended is never told. */
  end(endMs?: number): void;
  /** Runs `act` with this span active. */
  within<T>(act: () => T): T;
};

export type Traces = {
  /** Are spans told? Where they are not, nothing needs to be put together for them. */
  readonly on: boolean;
  open(start: SpanStart): OpenSpan;
  /** What is active here, for events to carry along; null: nothing. */
  current(): TraceContext | null;
  /**
   * Sends what is left, for a second at most, or until `hurry`. `abandoned`: something may still be under way, and would
   * hold up the process's end.
   */
  end(hurry?: AbortSignal): Promise<"sent" | "abandoned">;
};

export type TracesOptions = {
  variables: { readonly [name: string]: string | undefined };
  /** Which of our processes it is. */
  role: "cli" | "daemon" | "integrator";
  version: string;
  /** What nothing else here is a part of: the caller's own trace. */
  under: TraceContext | null;
  /** Hears, once, what is wrong with the settings or with who is told. */
  warn(message: string): void;
};

export type OpenTraces = (options: TracesOptions) => Promise<Traces>;

/** No traces. */
export const noTraces: Traces = passing(null);

/** Tells nothing; what is said still carries the caller's own place along. */
export function passing(context: TraceContext | null): Traces {
  const span: OpenSpan = {
    context,
    set: () => {},
    fail: () => {},
    end: () => {},
    within: (act) => act(),
  };
  return { on: false, open: () => span, current: () => context, end: async () => "sent" };
}

/** Runs `act` as a span, which ends with it. `codeOf` names what it throws. */
export async function inSpan<T>(
  traces: Traces,
  start: SpanStart,
  act: (span: OpenSpan) => Promise<T>,
  codeOf: (error: unknown) => string = errorName,
): Promise<T> {
  const span = traces.open(start);
  try {
    return await span.within(() => act(span));
  } catch (error) {
    span.fail(codeOf(error));
    throw error;
  } finally {
    span.end();
  }
}

/** A failure's stable code, else the name of the error. */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return "_OTHER";
  const code = "code" in error ? error.code : undefined;
  return typeof code === "string" || typeof code === "number" ? String(code) : error.name;
}
