/**
 * Names every effect and checkpoint of this room on the diagnostics channel `signalbox:step`, once before and once
 * after. Traces hang on it, and so do the tests that kill a process on either side of each.
 */
import { channel } from "node:diagnostics_channel";

export type StepMessage = { name: string; side: "before" | "after" };

const steps = channel("signalbox:step");

/** Runs `act` as the step `name`. An `act` that throws has no "after". */
export async function step<T>(name: string, act: () => Promise<T>): Promise<T> {
  if (!steps.hasSubscribers) return act();
  steps.publish({ name, side: "before" } satisfies StepMessage);
  const result = await act();
  steps.publish({ name, side: "after" } satisfies StepMessage);
  return result;
}
