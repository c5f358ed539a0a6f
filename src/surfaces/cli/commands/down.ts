/** `signalbox down`: the daemon, and whatever a killed one may have left behind. */

import { readDaemon, readIntegrators } from "../../../board/process-file.ts";
import { type ProcessIdentity, signalProcess, waitForEnd } from "../../../process-identity.ts";
import { stopEngine } from "../../../redis/engine.ts";
import { engineOf } from "../../../workplace.ts";
import { styled } from "../../text.ts";
import { workplaceOf } from "../clone-context.ts";
import type { Invocation } from "../invocation.ts";

/** An integrator in the middle of a push is given the time to finish it. */
const endsWithinMs = 60_000;

/** Stops daemon, integrators and our own Redis, in this order, and waits for each. Nothing running: 0. */
export async function down(call: Invocation): Promise<number> {
  const workplace = await workplaceOf(call);
  const { privateDir, repositoryId } = workplace;
  const stopped: string[] = [];
  const daemon = await readDaemon(privateDir);
  if (daemon !== null) {
    await end(call, daemon.process);
    stopped.push("daemon");
  }
  for (const integrator of await readIntegrators(privateDir)) {
    await end(call, integrator.process);
    stopped.push("integrator");
  }
  const engine = await stopEngine(engineOf(workplace));
  if (engine.kind === "stopped") stopped.push("Redis");
  if (stopped.length === 0) call.output.line("Nothing runs for ", styled("strong", repositoryId), ".");
  else call.output.line("Stopped for ", styled("strong", repositoryId), `: ${stopped.join(", ")}.`);
  return 0;
}

/** TERM, and CONT for one that was frozen: it then ends as any other. KILL, which loses nothing, for one that hangs. */
async function end(call: Invocation, identity: ProcessIdentity): Promise<void> {
  await signalProcess(identity, "SIGTERM");
  await signalProcess(identity, "SIGCONT");
  if (await waitForEnd(identity, endsWithinMs)) return;
  call.output.note(
    styled("warn", `Process ${identity.pid} did not end within ${endsWithinMs / 1000} s and is killed.`),
  );
  await signalProcess(identity, "SIGKILL");
  await waitForEnd(identity, endsWithinMs);
}
