/**
 * Says as events that sessions began and ended. What is said comes from the records alone, so whoever says it says the
 * same, and the log has it once; what could not be said is said by the next who comes by.
 */

import { isFailure } from "../../errors.ts";
import type { NotificationProducer } from "../../events/producer.ts";
import type { SessionsPlace } from "./find-sessions.ts";
import { noteTold, readRecord, wasTold } from "./session-files.ts";
import { folderOf } from "./session-folder.ts";

/** `later`: there is nobody to tell, or Redis is away. */
export type Telling = "told" | "later";

/** Says what is not yet said of one session. */
export async function tellSession(place: SessionsPlace, id: string): Promise<Telling> {
  const folder = folderOf(place.privateDir, id);
  if (folder === null || place.producer === null) return "later";
  try {
    await tellStart(place.producer, folder);
    await tellEnd(place.producer, folder);
    return "told";
  } catch (error) {
    if (isFailure(error) && (error.kind === "unavailable" || error.kind === "temporary")) return "later";
    throw error;
  }
}

async function tellStart(producer: NotificationProducer, folder: string): Promise<void> {
  if (await wasTold(folder, "started")) return;
  const [request, worker] = [await readRecord(folder, "request"), await readRecord(folder, "worker")];
  if (request === null || worker === null) return;
  const data = { ...whose(request), started_at: worker.startedAt };
  await producer.emit("domain.software-development.work.session.started", data);
  await noteTold(folder, "started");
}

async function tellEnd(producer: NotificationProducer, folder: string): Promise<void> {
  if (await wasTold(folder, "ended")) return;
  const [request, end] = [await readRecord(folder, "request"), await readRecord(folder, "ended")];
  if (request === null || end === null) return;
  const data = { ...whose(request), why: end.why, exit_code: end.exitCode, ended_at: end.endedAt };
  await producer.emit("domain.software-development.work.session.ended", data);
  await noteTold(folder, "ended");
}

function whose({ id, role, slug }: { id: string; role: string; slug: string | null }) {
  return { session_id: id, role, ...(slug === null ? {} : { slug }) };
}
