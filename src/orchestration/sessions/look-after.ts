/** What has to be done about sessions when nobody else looks after them. */

import { rm } from "node:fs/promises";
import { parseTimeMs, wallMs } from "../../clock.ts";
import { settleLost } from "./end-session.ts";
import { listSessions, type SessionsPlace } from "./find-sessions.ts";
import { folderOf } from "./session-folder.ts";
import { tellSession } from "./tell.ts";

/**
 * What the daemon does from time to time: settles the sessions whose keeper was killed, says what is not yet said, and
 * forgets those that ended before `keepMs` ago, with their logs.
 */
export async function lookAfterSessions(place: SessionsPlace, keepMs: number): Promise<void> {
  for (const session of await listSessions(place)) {
    if (session.state === "lost") await settleLost(place, session);
    const told = await tellSession(place, session.id);
    const endedMs = session.end === null ? null : parseTimeMs(session.end.endedAt);
    const folder = folderOf(place.privateDir, session.id);
    if (told === "told" && endedMs !== null && wallMs() - endedMs > keepMs && folder !== null)
      await rm(folder, { recursive: true, force: true });
  }
}
