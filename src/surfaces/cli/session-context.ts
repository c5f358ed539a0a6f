/** Sessions as a command meets them: where they are kept, and which one is meant. */
import { badInput } from "../../errors.ts";
import { findSession, type SessionsPlace } from "../../orchestration/sessions/find-sessions.ts";
import type { Session } from "../../orchestration/sessions/session.ts";
import type { Workplace } from "../../workplace.ts";
import { type Invocation, required } from "./invocation.ts";

/** Where the sessions of the workplace are kept. Without a producer: the daemon says what is to be said. */
export function sessionsPlaceOf(workplace: Workplace, producer: SessionsPlace["producer"]): SessionsPlace {
  const { privateDir, environment } = workplace;
  return { privateDir, runtimeDir: environment.runtimeDir, temporaryDir: environment.temporaryDir, producer };
}

/** The session of the first argument. Throws `unknown_session` or `ambiguous_session`. */
export async function namedSession(call: Invocation, place: SessionsPlace): Promise<Session> {
  const name = required(call, 0);
  const found = await findSession(place, name);
  if (found.kind === "found") return found.session;
  const some = found.ids.slice(-5).join(", ");
  if (found.kind === "several")
    throw badInput("ambiguous_session", `Several sessions are meant by ${name}.`, {
      cure: `Name one of them: ${some}`,
    });
  throw badInput("unknown_session", `There is no session ${name}.`, {
    cure:
      some === "" ? "None was ever started here." : `See signalbox sessions list --all; the last: ${some}`,
  });
}
