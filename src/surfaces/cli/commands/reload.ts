/** `signalbox reload`: a configuration that is right goes to the daemon; one that is wrong goes nowhere. */

import { daemonNotRunning, readDaemon } from "../../../board/process-file.ts";
import { signalProcess } from "../../../process-identity.ts";
import { workplaceOf } from "../clone-context.ts";
import type { Invocation } from "../invocation.ts";

/** Checks signalbox.yaml here, with every problem at once, and then tells the daemon to read it. */
export async function reload(call: Invocation): Promise<number> {
  const workplace = await workplaceOf(call);
  const running = await readDaemon(workplace.privateDir);
  if (running === null) throw daemonNotRunning();
  await signalProcess(running.process, "SIGHUP");
  call.output.line("The daemon reads signalbox.yaml again.");
  return 0;
}
