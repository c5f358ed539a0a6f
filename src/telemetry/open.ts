/** Opens the traces of this process. The library is loaded only where the environment asks for traces. */
import { telemetrySettings } from "./settings.ts";
import { passing, type Traces, type TracesOptions } from "./traces.ts";

/** Never throws: whatever is wrong with the traces, the work goes on without them, and `warn` hears why. */
export async function openTraces(options: TracesOptions): Promise<Traces> {
  const settings = telemetrySettings(options.variables);
  if (settings.kind === "on") {
    try {
      return await (await import("./sdk.ts")).startSdk(settings, options);
    } catch (error) {
      options.warn(`No traces are sent: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (settings.kind === "unusable") options.warn(`No traces are sent: ${settings.problem}.`);
  return passing(options.under);
}
