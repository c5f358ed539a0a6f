/**
 * Names every effect and checkpoint of this room on the diagnostics channel `signalbox:step`, once before and once
 * after. Traces hang on it, and so do the tests that kill a process on either side of each.
 */
import { channel } from "node:diagnostics_channel";

export type StepMessage = { name: string; side: "before" | "after" };

const steps = channel("signalbox:step");

/** Runs `act` as the step `name`. An `act` that throws has no "after". */
export function step<T>(name: string, act: () => Promise<T>): Promise<T> {
  return steps.hasSubscribers ? told(name, act) : act();
}

async function told<T>(name: string, act: () => Promise<T>): Promise<T> {
  steps.publish({ name, side: "before" } satisfies StepMessage);
  const result = await act();
  steps.publish({ name, side: "after" } satisfies StepMessage);
  return result;
}
