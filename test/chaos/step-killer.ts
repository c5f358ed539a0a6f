/**
 * Loaded into every process of a world (`NODE_OPTIONS=--import`): writes down each step that the process publishes, and
 * carries out the order of the day, once: to die, or to stop, on one side of one step, after passing it so many times.
 */
import { subscribe } from "node:diagnostics_channel";
import { appendFileSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { formatStep, type Role } from "./step-line.ts";

const folder = process.env.SIGNALBOX_CHAOS ?? "";
const role = roleOf(process.argv);

/** How often this process came to the step of the order. */
let seen = { order: "", times: 0 };

if (folder !== "" && role !== null) {
  subscribe("signalbox:step", (message) => {
    const { name, side } = stepOf(message);
    const step = formatStep({ role, name, side });
    appendFileSync(join(folder, "steps.log"), `${step}\n`);
    const order = read(join(folder, "order"));
    if (order !== seen.order) seen = { order, times: 0 };
    const [what = "", passes = "0"] = order.split("\n");
    if (what !== `SIGKILL ${step}` && what !== `SIGSTOP ${step}`) return;
    if (seen.times++ >= Number(passes)) obey(order);
  });
}

/** The order is taken by renaming it: whoever comes second finds none. */
function obey(order: string): void {
  try {
    renameSync(join(folder, "order"), join(folder, "obeyed"));
  } catch {
    return;
  }
  appendFileSync(join(folder, "obeyed"), `\n${process.pid}`);
  process.kill(process.pid, order.startsWith("SIGKILL") ? "SIGKILL" : "SIGSTOP");
  // The signal to oneself may take a moment to arrive: until then nothing more happens here.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
}

function roleOf(argv: readonly string[]): Role | null {
  if (argv.includes("integrate")) return "integrator";
  return argv.includes("up") && !argv.includes("--detach") ? "daemon" : null;
}

function stepOf(message: unknown): { name: string; side: string } {
  const isStep = typeof message === "object" && message !== null && "name" in message && "side" in message;
  return isStep ? { name: String(message.name), side: String(message.side) } : { name: "?", side: "?" };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
