/** A session's output, as far as it is kept, and as it comes. */
import { pause } from "../../clock.ts";
import { readSession, type SessionsPlace } from "./find-sessions.ts";
import { folderOf, logFolder } from "./session-folder.ts";
import { type LogPiece, type LogSizes, logParts, readLog, sizesOf } from "./session-log.ts";

type Place = Pick<SessionsPlace, "privateDir">;

/** How much the session has printed, and how much of it is not kept. */
export async function logSizes({ privateDir }: Place, id: string): Promise<LogSizes> {
  const folder = folderOf(privateDir, id);
  return folder === null ? { printed: 0, cut: 0 } : sizesOf(await logParts(logFolder(folder)));
}

/** The output that is kept, and what was cut out of it. */
export async function* sessionOutput({ privateDir }: Place, id: string, from = 0): AsyncGenerator<LogPiece> {
  const folder = folderOf(privateDir, id);
  if (folder !== null) yield* readLog(logFolder(folder), from);
}

/** The output from position `from` on, as it comes, until the session has ended or `stop` aborts. */
export async function* followOutput(
  place: Place,
  id: string,
  { from, stop }: { from: number; stop: AbortSignal },
): AsyncGenerator<LogPiece> {
  let at = from;
  while (!stop.aborted) {
    // Looked at before the reading: what was printed before its end is then read.
    const state = (await readSession(place, id))?.state ?? "ended";
    for await (const piece of sessionOutput(place, id, at)) {
      at = piece.kind === "cut" ? piece.to : piece.from + piece.bytes.length;
      yield piece;
    }
    if (state === "ended" || state === "lost") return;
    await pause(followEveryMs, stop);
  }
}

const followEveryMs = 150;
