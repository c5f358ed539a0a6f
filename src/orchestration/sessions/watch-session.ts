/** Waits for news of a session: its end, its silence, its loss. */
import { pause } from "../../clock.ts";
import { readSession, type SessionsPlace } from "./find-sessions.ts";
import type { Session } from "./session.ts";
import type { SessionEnd } from "./session-files.ts";
import { tellSession } from "./tell.ts";

export type SessionNews =
  | { kind: "ended"; session: Session; end: SessionEnd }
  /** It runs, but gave no sign of life for its limit. It may come to life again: whoever wants no more ends it. */
  | { kind: "silent"; session: Session }
  /** Its keeper was killed; its processes may still run. `endSession` ends them and writes that down. */
  | { kind: "lost"; session: Session }
  /** There is no record of it (any more). */
  | { kind: "unknown" }
  | { kind: "stopped" };

/** Resolves with the first news, or when `stop` aborts. Also for a session that somebody else has started. */
export async function watchSession(
  place: SessionsPlace,
  id: string,
  options: { stop: AbortSignal; everyMs?: number },
): Promise<SessionNews> {
  for (;;) {
    if (options.stop.aborted) return { kind: "stopped" };
    const session = await readSession(place, id);
    if (session === null) return { kind: "unknown" };
    if (session.end !== null) {
      await tellSession(place, id);
      return { kind: "ended", session, end: session.end };
    }
    if (session.state === "silent" || session.state === "lost") return { kind: session.state, session };
    await pause(options.everyMs ?? 200, options.stop);
  }
}
