/** Orders to the processes of a world: at which step, on which side of it, to die or to stop. */
import { mkdirSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitUntil } from "../world/wait-until.ts";
import { formatStep, parseStep, type Step } from "./step-line.ts";

export type Orders = {
  /** What a world's processes need in their environment to hear orders. */
  env: Record<string, string>;
  /** The steps that have been published so far, each once, in the order of their first time. */
  steps(): Promise<Step[]>;
  /** How often each step (as `formatStep` writes it) has been published so far. */
  counts(): Promise<Map<string, number>>;
  /** One order for whoever comes first to that step, or has passed it so many times before. */
  give(signal: "SIGKILL" | "SIGSTOP", step: Step, passes?: number): Promise<void>;
  /** Waits until it was carried out; the process that obeyed. */
  obeyed(withinMs?: number): Promise<number>;
  /** Takes an order back that nobody came to carry out. */
  withdraw(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Opens a place for orders. Use with `await using`. */
export function openOrders(): Orders {
  const folder = join(tmpdir(), `sbc-${process.pid}-${Math.random().toString(36).slice(2, 8)}`);
  mkdirSync(folder);
  const log = join(folder, "steps.log");
  const [order, obeyed] = [join(folder, "order"), join(folder, "obeyed")];
  const lines = async (): Promise<string[]> => {
    const text = await readFile(log, "utf8").catch(() => "");
    return text.split("\n").filter((line) => line !== "");
  };
  return {
    env: {
      SIGNALBOX_CHAOS: folder,
      NODE_OPTIONS: `--import=${join(import.meta.dirname, "step-killer.ts")} --disable-warning=ExperimentalWarning`,
    },
    steps: async () => [...new Set(await lines())].map(parseStep),
    counts: async () => {
      const counted = new Map<string, number>();
      for (const line of await lines()) counted.set(line, (counted.get(line) ?? 0) + 1);
      return counted;
    },
    give: async (signal, step, passes = 0) => {
      await rm(obeyed, { force: true });
      // Written beside and renamed, so that nobody reads half an order.
      await writeFile(`${order}.new`, `${signal} ${formatStep(step)}\n${passes}`);
      await rename(`${order}.new`, order);
    },
    obeyed: (withinMs = 20_000) =>
      waitUntil(
        async () => {
          const text = await readFile(obeyed, "utf8").catch(() => "");
          const pid = Number(text.split("\n")[2] ?? 0);
          return pid > 0 ? pid : null;
        },
        { what: "somebody came to the step", withinMs },
      ),
    withdraw: () => rm(order, { force: true }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
