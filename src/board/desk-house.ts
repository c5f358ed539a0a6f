/** The desk's half that is about who works here, what became of it all, and whether the house is in order. */

import { readStanding, type TargetStanding } from "../delivery/standing.ts";
import { badInput } from "../errors.ts";
import { findSession } from "../orchestration/sessions/find-sessions.ts";
import { openPlainText } from "../orchestration/sessions/plain-text.ts";
import { sessionOutput } from "../orchestration/sessions/tail-session.ts";
import { serverTimeMs } from "../redis/server-time.ts";
import type { DeskGround } from "./desk-ground.ts";
import { doctorShape } from "./doctor-findings.ts";
import { examine } from "./examine.ts";
import { historyOf } from "./history.ts";
import { integratorPid, readIntegratorLog } from "./integrator-log.ts";
import { logEnd } from "./log-end.ts";
import { readSessions } from "./read-sessions.ts";
import type { DoctorShape, QueueItemShape, SessionShape } from "./shapes.ts";
import type { HistoryShape } from "./shapes-of-api.ts";
import { sharedLook } from "./shared-look.ts";

export type HouseDesk = {
  /** Oldest first; the integrators that run at the end. With `all` those that have ended, too. */
  sessions(all: boolean): Promise<SessionShape[]>;
  /** The last lines a session printed, safe to look at. Throws `unknown_session`, `ambiguous_session`. */
  sessionLog(id: string, lines: number): Promise<string>;
  history(days: number): Promise<HistoryShape>;
  doctor(): Promise<DoctorShape>;
  /** How messages reach everybody who is configured to get some. */
  deliveries(): Promise<TargetStanding[]>;
};

const sessionsFreshMs = 1000;
/** An examination asks the remote and flies a canary: once for all who look within this time. */
const doctorFreshMs = 10_000;

export function openHouseDesk(ground: DeskGround, queue: () => Promise<QueueItemShape[]>): HouseDesk {
  const { workplace, redis } = ground;
  const running = sharedLook(sessionsFreshMs, () => readSessions(workplace, { all: false }));
  const doctor = sharedLook(doctorFreshMs, async () => {
    return doctorShape(
      await examine({
        variables: workplace.environment.variables,
        openWorkplace: async () => workplace,
        // The daemon's own connection stays open.
        openGround: async () => ({ ...ground, [Symbol.asyncDispose]: async () => {} }),
      }),
    );
  });
  return {
    sessions: (all) => (all ? readSessions(workplace, { all: true }) : running()),
    sessionLog: (id, lines) => readLog(workplace, id, lines),
    history: async (days) => historyOf(await queue(), await serverTimeMs(redis), days),
    doctor,
    deliveries: () => readStanding(ground, workplace.config),
  };
}

async function readLog({ privateDir }: { privateDir: string }, id: string, lines: number): Promise<string> {
  const pid = integratorPid(id);
  if (pid !== null) return readIntegratorLog(privateDir, pid, lines);
  const found = await findSession({ privateDir }, id);
  if (found.kind === "none")
    throw badInput("unknown_session", `There is no session ${JSON.stringify(id.slice(0, 100))}.`);
  if (found.kind === "several")
    throw badInput("ambiguous_session", "Several sessions are meant.", {
      cure: `Name one of them: ${found.ids.slice(-5).join(", ")}`,
    });
  const plain = openPlainText();
  let text = "";
  for await (const piece of sessionOutput({ privateDir }, found.session.id))
    text += piece.kind === "bytes" ? plain.push(piece.bytes) : `${plain.end()}\n[… cut here …]\n`;
  text += plain.end();
  return logEnd(text, lines);
}
