/** Pure: how much of a failure's evidence an event can hold, and as what it can be said. */
import type { Evidence } from "./delivery.ts";

/** An event is at most 64 KiB; the follow-up holds the whole evidence. */
const evidenceInEvent = 40;

const conflictBytesInEvent = 24_000;
const diagnosticBytesInEvent = 16_000;
const pathInEvent = 1_000;
const lineInEvent = 300;

/** As many conflicts as fit; paths may be thousands of characters long. */
export function conflictsInEvent(conflicts: Evidence["conflicts"]): Record<string, unknown>[] {
  const named = conflicts.filter(({ path }) => path !== "");
  return asManyAsFit(named.slice(0, evidenceInEvent).map(withoutExcerpts), conflictBytesInEvent);
}

function withoutExcerpts(conflict: Evidence["conflicts"][number]): Record<string, unknown> {
  const side = (one: { mode: string; id: string } | null) =>
    one === null ? null : { mode: one.mode, id: one.id };
  return {
    path: cut(conflict.path, pathInEvent),
    kind: conflict.kind,
    message: cut(conflict.message, lineInEvent),
    ours: side(conflict.ours),
    theirs: side(conflict.theirs),
    main_commits: conflict.main_commits.slice(0, 5),
  };
}

/** The first diagnostics, each cut to a readable length; an empty one says nothing. At least one. */
export function diagnosticsInEvent(diagnostics: readonly string[]): string[] {
  const lines = diagnostics.filter((line) => line !== "").slice(0, evidenceInEvent);
  const shown = asManyAsFit(
    lines.map((line) => cut(line, lineInEvent)),
    diagnosticBytesInEvent,
  );
  return shown.length > 0 ? shown : ["there are no details"];
}

/** The first one always: an event without any evidence would help nobody, and one alone is small enough. */
function asManyAsFit<T>(all: readonly T[], bytesMax: number): T[] {
  let bytes = 0;
  const fitting = all.findIndex((one, at) => {
    // As JSON: a control character takes six bytes there.
    bytes += Buffer.byteLength(JSON.stringify(one));
    return bytes > bytesMax && at > 0;
  });
  return all.slice(0, fitting < 0 ? all.length : fitting);
}

/** A cut may go through the middle of a character. */
function cut(text: string, max: number): string {
  return (text.length <= max ? text : `${text.slice(0, max - 1)}…`).toWellFormed();
}
