/** Finds sessions again, by what lies in the private folder: whoever started them need not live any more. */

import { parseTimeMs, wallMs } from "../../clock.ts";
import type { NotificationProducer } from "../../events/producer.ts";
import { isRunning } from "../../process-identity.ts";
import { isOpen, type Session, sessionOf } from "./session.ts";
import { readRecord } from "./session-files.ts";
import { folderOf, logFolder, markedAtMs, sessionNames } from "./session-folder.ts";
import { lastWrittenMs } from "./session-log.ts";

export type SessionsPlace = {
  /** The repository's private folder. */
  privateDir: string;
  runtimeDir: string | null;
  temporaryDir: string;
  /** Says that they begin and end; null: somebody else will (`tellSessions`). */
  producer: NotificationProducer | null;
};

/** Every session there is a record of, oldest first. */
export async function listSessions(place: Pick<SessionsPlace, "privateDir">): Promise<Session[]> {
  const names = await sessionNames(place.privateDir);
  const sessions = await Promise.all(names.map((name) => readSession(place, name)));
  return sessions
    .filter((session) => session !== null)
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : a.id < b.id ? -1 : 1));
}

/** The session with this id; null: there is none. */
export async function readSession(
  { privateDir }: Pick<SessionsPlace, "privateDir">,
  id: string,
): Promise<Session | null> {
  const folder = folderOf(privateDir, id);
  const request = folder === null ? null : await readRecord(folder, "request");
  if (folder === null || request === null || request.id !== id) return null;
  // The last word is read after the keeper was looked at: it may be said and its keeper gone between the two.
  const [keeper, worker, ending, silentMs, pulseMs, outputMs] = await Promise.all([
    readRecord(folder, "keeper"),
    readRecord(folder, "worker"),
    readRecord(folder, "ending"),
    markedAtMs(folder, "silent"),
    markedAtMs(folder, "pulse"),
    lastWrittenMs(logFolder(folder)),
  ]);
  const keeperRuns = keeper !== null && (await isRunning(keeper));
  const ended = await readRecord(folder, "ended");
  const signs = [pulseMs, outputMs].filter((ms) => ms !== null);
  return sessionOf({
    request,
    keeper,
    keeperRuns,
    worker,
    ending,
    ended,
    silent: silentMs !== null,
    lastSignMs: signs.length === 0 ? null : Math.max(...signs),
    ageMs: wallMs() - (parseTimeMs(request.createdAt) ?? 0),
  });
}

export type Found =
  | { kind: "found"; session: Session }
  | { kind: "none"; ids: string[] }
  | { kind: "several"; ids: string[] };

/** The session that a person means: by its id, the beginning of one, or a slug with one open session. */
export async function findSession(place: Pick<SessionsPlace, "privateDir">, name: string): Promise<Found> {
  const sessions = await listSessions(place);
  const exact = sessions.find(({ id }) => id === name);
  if (exact !== undefined) return { kind: "found", session: exact };
  const ofSlug = sessions.filter(({ slug }) => slug === name);
  const openOfSlug = ofSlug.filter(isOpen);
  const meant = openOfSlug.length > 0 ? openOfSlug : ofSlug.slice(-1);
  const near = meant.length > 0 ? meant : sessions.filter(({ id }) => name !== "" && id.startsWith(name));
  const [only] = near;
  if (only !== undefined && near.length === 1) return { kind: "found", session: only };
  const ids = (near.length === 0 ? sessions : near).map(({ id }) => id);
  return { kind: near.length === 0 ? "none" : "several", ids };
}
