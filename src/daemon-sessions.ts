/** Starts integrator sessions as processes of their own: they outlive a daemon that is killed, and finish their work. */
import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { longLivedNode } from "./child-node.ts";
import type { StartSession } from "./integration/spawner.ts";
import type { Workplace } from "./workplace.ts";

type SessionLog = { info(fields: object, message: string): void };

/** The daemon's way to start `signalbox integrate` for this clone. */
export function startSessions(workplace: Workplace, log: SessionLog): { start: StartSession } {
  const entry = join(import.meta.dirname, "main.js");
  const output = join(workplace.privateDir, "logs", "integrator.log");
  return {
    async start() {
      const file = await open(output, "a", 0o600);
      try {
        const child = spawn(process.execPath, [...longLivedNode, entry, "-C", workplace.root, "integrate"], {
          cwd: workplace.root,
          env: { ...workplace.environment.variables, SIGNALBOX_ROLE: "integrator" },
          detached: true,
          stdio: ["ignore", file.fd, file.fd],
        });
        await new Promise<void>((resolve, reject) => {
          child.once("spawn", resolve).once("error", reject);
        });
        log.info({ session: child.pid }, "An integrator session was started.");
        const ended = new Promise<number | null>((resolve) => {
          child.once("exit", (code) => resolve(code));
        });
        return { ended, end: () => void child.kill("SIGTERM") };
      } finally {
        await file.close();
      }
    },
  };
}
