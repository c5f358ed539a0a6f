/** What all long-lived git processes need: not to hold their owner open, and to be ended by it. */
import type { ChildProcess } from "node:child_process";
import { endGroup } from "./run.ts";

/** Holds this process open only while an answer is owed. */
export function hold({ child, owed }: { child: ChildProcess; owed: readonly unknown[] }): void {
  // Typed as plain streams, but both are sockets, which can be let go.
  const pipes = [child.stdin, child.stdout] as unknown as ({ ref(): void; unref(): void } | null)[];
  for (const each of [child, ...pipes]) owed.length > 0 ? each?.ref() : each?.unref();
}

/** Ends it, and waits until it is gone. */
export async function endLongLived(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.ref();
  child.stdin?.end();
  endGroup(child);
  await closed;
}
