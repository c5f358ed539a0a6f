/**
 * A call as a part of its caller's trace: CI and agents set TRACEPARENT for what they start. Only calls that say something
 * are told; one that looks loads nothing for it.
 */
import { traceContextOf } from "../../telemetry/trace-context.ts";
import { inSpan, noTraces } from "../../telemetry/traces.ts";
import type { Run } from "./command-spec.ts";
import type { Invocation } from "./invocation.ts";

/** Calls that hand something over, or move what was handed over. */
const told: ReadonlySet<string> = new Set([
  "submit",
  "todo start",
  "todo mark-phase",
  "todo finalize",
  "todo drop",
  "roadmap add",
  "roadmap move",
  "roadmap drop",
  "queue retry",
  "queue withdraw",
  "events emit",
]);

/** One that lasts, and hands over many: each hand-over is a span, and it is none. */
const lasting = "orchestrate";

/** Runs the command; where traces are told, as a span of its own. */
export async function inCallersTrace(
  name: string,
  call: Omit<Invocation, "traces">,
  execute: Run,
): Promise<number> {
  if (!told.has(name) && name !== lasting) return execute({ ...call, traces: noTraces });
  const { variables } = call.environment;
  const { TRACEPARENT: traceparent, TRACESTATE: tracestate } = variables;
  const traces = await call.openTraces({
    variables,
    version: call.version,
    role: "cli",
    under: traceContextOf({ traceparent, tracestate }),
    // With --json stderr is for one JSON object, where there is a failure.
    warn: (message) => (call.output.json ? undefined : call.output.note(message)),
  });
  if (name === lasting) return execute({ ...call, traces });
  return inSpan(traces, { name: `signalbox ${name}` }, async (span) => {
    const code = await execute({ ...call, traces });
    span.set({ "process.exit.code": code });
    return code;
  });
}
