/**
 * Loaded into one command (`NODE_OPTIONS=--import`): kills its own process on one side of one named step, as
 * `DIE_AT="<side> <step>"` says. For commands; the long-lived processes have chaos/step-killer.ts.
 */
import { subscribe } from "node:diagnostics_channel";

const order = process.env.DIE_AT ?? "";

subscribe("signalbox:step", (message) => {
  if (typeof message !== "object" || message === null || !("name" in message) || !("side" in message)) return;
  if (`${message.side} ${message.name}` !== order) return;
  process.kill(process.pid, "SIGKILL");
  // The signal to oneself may take a moment to arrive: until then nothing more happens here.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
});
