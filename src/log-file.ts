/** A log of one of our processes: JSON lines in the private folder. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";

export type LogFile = ReturnType<typeof openLogFile>;

/** Opens `<private>/logs/<name>.log` for appending. Written at once, so that a kill loses no line. */
export function openLogFile(privateDir: string, name: "daemon" | "integrator" | "orchestrator") {
  const folder = join(privateDir, "logs");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const dest = pino.destination({ dest: join(folder, `${name}.log`), append: true, sync: true, mode: 0o600 });
  return pino({ base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, dest);
}
