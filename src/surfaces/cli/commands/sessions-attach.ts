/** `signalbox sessions attach`: enters the terminal that a worker runs in. */
import { spawn } from "node:child_process";
import { badInput, Failure } from "../../../errors.ts";
import { terminalOf } from "../../../orchestration/sessions/attach-session.ts";
import { isOpen, type Session } from "../../../orchestration/sessions/session.ts";
import { workplaceOf } from "../clone-context.ts";
import type { Invocation } from "../invocation.ts";
import { namedSession, sessionsPlaceOf } from "../session-context.ts";

/** Returns when the person leaves it or it ends. */
export async function attach(call: Invocation): Promise<number> {
  const place = sessionsPlaceOf(await workplaceOf(call), null);
  const session = await namedSession(call, place);
  const command = await terminalOf(place, session, call.options.flag("read-only"));
  if (!isOpen(session) || command === null) throw notAttachable(session);
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw badInput("not_a_terminal", "Only a terminal can enter another one.", {
      cure: `signalbox sessions tail -f ${session.id}`,
    });
  // Without these tmux takes it for a terminal within a terminal, and refuses.
  const { TMUX, TMUX_PANE, ...env } = call.environment.variables;
  const [program, ...args] = command;
  const child = spawn(program, args, { env, stdio: "inherit" });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("exit", resolve);
  });
  return code === 0 ? 0 : 1;
}

function notAttachable(session: Session): Failure {
  const ended = session.end === null ? null : `has ended (${session.end.why})`;
  return new Failure({
    code: "not_attachable",
    kind: "not_ready",
    message: `${session.id} ${ended ?? "has no terminal: its runner is the plain process"}.`,
    cure:
      ended === null
        ? `signalbox sessions tail -f ${session.id}, or workers.runner: tmux for the next one.`
        : `signalbox sessions tail ${session.id}`,
  });
}
