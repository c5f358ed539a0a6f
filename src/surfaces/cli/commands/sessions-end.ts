/** `signalbox sessions end`: ends a worker, with everything it started. */

import { readIntegrators } from "../../../board/process-file.ts";
import { integratorId, sessionShape } from "../../../board/shape-session.ts";
import { Failure, isFailure } from "../../../errors.ts";
import { endSession } from "../../../orchestration/sessions/end-session.ts";
import { readSession, type SessionsPlace } from "../../../orchestration/sessions/find-sessions.ts";
import { logSizes } from "../../../orchestration/sessions/tail-session.ts";
import { styled } from "../../text.ts";
import { actorOf, openBus } from "../bus-context.ts";
import { workplaceOf } from "../clone-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { namedSession, sessionsPlaceOf } from "../session-context.ts";

/** Resolves when nothing of it runs any more. One that has ended already: 0. */
export async function end(call: Invocation): Promise<number> {
  refuseWorkers(call);
  const workplace = await workplaceOf(call);
  await refuseIntegrators(call, workplace.privateDir);
  const silent = sessionsPlaceOf(workplace, null);
  const { id } = await namedSession(call, silent);
  const graceMs = call.options.duration("grace");
  const outcome = await withProducer(call, silent, (place) =>
    endSession(place, id, {
      by: actorOf(call),
      reason: oneLine(call.options.text("reason") ?? "asked to"),
      ...(graceMs === null ? {} : { graceMs }),
    }),
  );
  if (outcome.kind === "remains")
    throw new Failure({
      code: "session_remains",
      kind: "failed",
      message: `Processes of ${id} do not end, not even by KILL: ${outcome.pids.join(", ")}.`,
      cure: "They are another user's, or hang in the kernel; look at them with ps, then ask again.",
    });
  const session = await readSession(silent, id);
  if (call.output.json && session !== null)
    call.output.document(sessionShape(session, await logSizes(silent, id)));
  else call.output.line(styled("strong", id), ` has ended: ${session?.end?.why ?? "its record is gone"}.`);
  return 0;
}

/** Its end is said as an event; where Redis is away the daemon says it when it is back. */
async function withProducer<T>(
  call: Invocation,
  silent: SessionsPlace,
  act: (place: SessionsPlace) => Promise<T>,
): Promise<T> {
  const opened = await openBus(call).catch((error: unknown) => {
    if (!isFailure(error) || error.kind === "bad_input") throw error;
    return null;
  });
  await using bus = opened;
  if (bus === null) return act(silent);
  const { producerOn } = await import("../writer.ts");
  return act({ ...silent, producer: producerOn(bus) });
}

/** Only people and the orchestrator end workers. */
function refuseWorkers(call: Invocation): void {
  const { role } = call.environment;
  if (role === null || role === "orchestrator") return;
  throw new Failure({
    code: "not_yours_to_end",
    kind: "refused",
    message: `A ${role} ends no sessions.`,
    cure: "Say what you concluded (signalbox todo mark-phase), then let your own process end.",
  });
}

async function refuseIntegrators(call: Invocation, privateDir: string): Promise<void> {
  const name = required(call, 0);
  const integrators = (await readIntegrators(privateDir)).map(({ process }) => integratorId(process.pid));
  if (!integrators.includes(name)) return;
  throw new Failure({
    code: "not_yours_to_end",
    kind: "refused",
    message: "The integrator ends itself, when its queue is empty or paused.",
    cure: "signalbox queue pause --reason R",
  });
}

/** It becomes part of a sentence, in a list and in an event. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, 500);
}
