/**
 * Loaded before everything else into the product's processes: writes each step and each git process, with begin and end,
 * to a file as JSON lines. Changes nothing but the clock's patience.
 */
import childProcess from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename } from "node:path";

const file = process.env.BENCH_TRACE;

if (file !== undefined) {
  const isSession = process.argv.includes("integrate");
  const role = isSession ? "integrator" : process.argv.includes("up") ? "daemon" : "command";
  const write = (what: string, name: string, beganMs: number): void => {
    const endMs = performance.timeOrigin + performance.now();
    const line = { role, what, name, beganMs, ms: endMs - beganMs };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  };
  const now = (): number => performance.timeOrigin + performance.now();

  const open = new Map<string, number>();
  subscribe("signalbox:step", (message) => {
    // The shape of the channel's messages is events/step.ts's.
    const { name, side } = message as { name: string; side: "before" | "after" };
    if (side === "before") open.set(name, now());
    else write("step", name, open.get(name) ?? now());
  });

  const spawn = childProcess.spawn;
  // The overloads of spawn are one function, hence the `as typeof spawn`: what goes in comes out.
  childProcess.spawn = ((...args: Parameters<typeof spawn>) => {
    const beganMs = now();
    const child = spawn(...args);
    const [program, words] = args;
    const verb = Array.isArray(words) ? words.find((word) => !word.startsWith("-")) : "";
    child.once("close", () => write("process", `${basename(program)} ${verb ?? ""}`, beganMs));
    return child;
    // Its overloads, see above.
  }) as typeof spawn;
  syncBuiltinESMExports();
}
