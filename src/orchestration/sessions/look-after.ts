/** What has to be done about sessions when nobody else looks after them. */
import { rm } from "node:fs/promises";
import { parseTimeMs, wallMs } from "../../clock.ts";
import { settleLost } from "./end-session.ts";
import { readSession, type SessionsPlace } from "./find-sessions.ts";
import { readRecord, wasTold } from "./session-files.ts";
import { folderOf, sessionNames } from "./session-folder.ts";
import { tellSession } from "./tell.ts";

export type Keeping = {
  /** Sessions that ended longer ago are forgotten, with their logs; ms. */
  keepMs: number;
  /** And the oldest of more than this many, since logs take room. */
  keepAtMost: number;
};

/**
 * What the daemon does from time to time: settles the sessions whose keeper was killed, says what is not yet said, and
 * forgets what ended long ago.
 */
export async function lookAfterSessions(place: SessionsPlace, keeping: Keeping): Promise<void> {
  const ended: { folder: string; atMs: number }[] = [];
  for (const id of await sessionNames(place.privateDir)) {
    const folder = folderOf(place.privateDir, id);
    if (folder === null) continue;
    if (!(await wasTold(folder, "ended"))) await lookAfter(place, id);
    const end = await readRecord(folder, "ended");
    // Only what the log of events knows may be forgotten here.
    if (end !== null && (await wasTold(folder, "ended")))
      ended.push({ folder, atMs: parseTimeMs(end.endedAt) ?? 0 });
  }
  ended.sort((a, b) => b.atMs - a.atMs);
  const old = ended.filter(
    ({ atMs }, index) => index >= keeping.keepAtMost || wallMs() - atMs > keeping.keepMs,
  );
  for (const { folder } of old) await rm(folder, { recursive: true, force: true });
}

async function lookAfter(place: SessionsPlace, id: string): Promise<void> {
  const session = await readSession(place, id);
  if (session?.state === "lost") await settleLost(place, session);
  else await tellSession(place, id);
}
