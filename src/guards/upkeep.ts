/** What the daemon does for the guards: says what they stopped, and keeps the hook in front. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { monotonicMs } from "../clock.ts";
import type { AtomicWriter } from "../events/atomic-write.ts";
import { type GuardedClone, keepGuards } from "./guard.ts";
import { sayBlocked } from "./spool.ts";

const sayEveryMs = 1000;
const lookEveryMs = 2000;
/** What lies outside the clone (a person's own configuration) is looked at this often. */
const lookAnywayMs = 60_000;

export type GuardTask = { name: string; everyMs: number; run(): Promise<void> };

type GuardLog = { info(fields: object, message: string): void };

/** The two tasks. Whether guards refuse is kept by `keepCutover`. */
export function guardTasks(place: GuardedClone, writer: AtomicWriter, log: GuardLog): GuardTask[] {
  const { privateDir, clone } = place;
  let seen = "";
  let lookedMs = Number.NEGATIVE_INFINITY;
  return [
    {
      name: "blocked",
      everyMs: sayEveryMs,
      async run() {
        await sayBlocked(privateDir, writer);
      },
    },
    {
      name: "guards",
      everyMs: lookEveryMs,
      async run() {
        const now = await changesOf(clone.commonDir);
        if (now === seen && monotonicMs() - lookedMs < lookAnywayMs) return;
        if (await keepGuards(place)) log.info({}, "The pre-push hook was put back in front.");
        seen = await changesOf(clone.commonDir);
        lookedMs = monotonicMs();
      },
    },
  ];
}

/** Differs whenever somebody wrote the clone's configuration or one of its pre-push hooks. */
async function changesOf(commonDir: string): Promise<string> {
  const watched = ["config", "config.worktree", "hooks", "hooks/pre-push", "signalbox", "signalbox/hooks"];
  const times = watched.map((name) =>
    stat(join(commonDir, name)).then(
      ({ ctimeMs, ino }) => `${ctimeMs} ${ino}`,
      () => "",
    ),
  );
  return (await Promise.all(times)).join("\n");
}
