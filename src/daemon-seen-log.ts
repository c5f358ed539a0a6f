/**
 * The event log as this machine saw it last, on its own disk: how a Redis that came back empty, or with an old file, is
 * told from the one we know.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LogMark } from "./events/processor-options.ts";

/** Reads the mark, and offers to keep a newer one. */
export async function seenLog(
  privateDir: string,
): Promise<{ mark: LogMark | null; remember(mark: LogMark | null): Promise<void> }> {
  const file = join(privateDir, "log.json");
  let kept = await readMark(file);
  return {
    mark: kept,
    async remember(mark) {
      if (mark === null || (kept?.epoch === mark.epoch && kept.sequence === mark.sequence)) return;
      await writeFile(`${file}.tmp`, `${JSON.stringify(mark)}\n`, { mode: 0o600 });
      await rename(`${file}.tmp`, file);
      kept = mark;
    },
  };
}

async function readMark(file: string): Promise<LogMark | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const value: Partial<LogMark> = JSON.parse(text);
    if (typeof value.epoch !== "string" || typeof value.sequence !== "number") return null;
    const { epoch, sequence, streamId } = value;
    return { epoch, sequence, ...(typeof streamId === "string" ? { streamId } : {}) };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
