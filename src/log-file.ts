/**
 * A log of one of our processes: JSON lines in the private folder. A log is there to tell of trouble, and must not make
 * any: where the disk is full its lines are lost, the process goes on. It stays small: what is too long becomes
 * `<name>.log.1`, and the one before goes.
 */
import { mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";

export type LogFile = ReturnType<typeof openLogFile>;

/** Opens `<private>/logs/<name>.log` for appending. Written at once, so that a kill loses no line. */
export function openLogFile(privateDir: string, name: "daemon" | "integrator" | "orchestrator") {
  const folder = join(privateDir, "logs");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${name}.log`);
  const dest = pino.destination({
    dest: path,
    append: true,
    sync: true,
    mode: 0o600,
    maxLength: unwrittenBytesAtMost,
  });
  // What could not be written is kept, as far as that goes, and comes with the next line that can.
  dest.on("error", () => {});
  let bytes = sizeOf(path);
  dest.on("write", (written: number) => {
    bytes += written;
    if (bytes <= bytesAtMost) return;
    turnOver(path);
    dest.reopen();
    bytes = 0;
  });
  return pino({ base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, dest);
}

const bytesAtMost = 5_000_000;
const unwrittenBytesAtMost = 1_000_000;

/** Several processes may write to one log: only one of them finds it too long. */
function turnOver(path: string): void {
  try {
    if (sizeOf(path) > bytesAtMost) renameSync(path, `${path}.1`);
  } catch {
    // It goes on growing until that can be done.
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
