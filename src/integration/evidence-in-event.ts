/** How much of a failure's evidence an event can hold. Pure. */
import type { Evidence } from "./delivery.ts";

/** An event is at most 64 KiB; the follow-up holds the whole evidence. */
const evidenceInEvent = 40;

const conflictBytesInEvent = 24_000;

/** As many conflicts as fit; paths may be thousands of characters long. */
export function conflictsInEvent(conflicts: Evidence["conflicts"]): Record<string, unknown>[] {
  const shown: Record<string, unknown>[] = [];
  let bytes = 0;
  for (const conflict of conflicts.slice(0, evidenceInEvent)) {
    const short = withoutExcerpts(conflict);
    bytes += Buffer.byteLength(JSON.stringify(short));
    if (bytes > conflictBytesInEvent && shown.length > 0) break;
    shown.push(short);
  }
  return shown;
}

function withoutExcerpts(conflict: Evidence["conflicts"][number]): Record<string, unknown> {
  const side = (one: { mode: string; id: string } | null) =>
    one === null ? null : { mode: one.mode, id: one.id };
  return {
    path: conflict.path,
    kind: conflict.kind,
    message: conflict.message.slice(0, 300),
    ours: side(conflict.ours),
    theirs: side(conflict.theirs),
    main_commits: conflict.main_commits.slice(0, 5),
  };
}

/** The first diagnostics, each cut to a readable length. */
export function diagnosticsInEvent(diagnostics: readonly string[]): string[] {
  return diagnostics.slice(0, evidenceInEvent).map((line) => line.slice(0, 300));
}
