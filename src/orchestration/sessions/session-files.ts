/**
 * What is written down about a session, in a folder of its own below the private folder. Each file has one writer and is
 * put into place whole, once; so nothing is ever read half, and who comes second to say how it ended finds it said.
 *
 * `request.json` (who starts it) · `keeper.json`, `worker.json` (its keeper) · `silent` (there while it is silent) ·
 * `pulse` (touched by its own calls) · `ending.json` (who asked for its end) · `ended.json` · `told/` (events said) · `log/`
 */
import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const processShape = z.object({ pid: z.int(), startTime: z.string() });

const requestShape = z.object({
  id: z.string(),
  role: z.string(),
  slug: z.string().nullable(),
  runner: z.enum(["process", "tmux", "none"]),
  argv: z.array(z.string()),
  worktree: z.string().nullable(),
  createdAt: z.string(),
  /** Null: its silence is nobody's concern. */
  silenceLimitMs: z.number().nullable(),
  log: z.object({ headBytes: z.number(), tailBytes: z.number() }),
  /** Given to what is left of it when its worker has ended, ms. */
  graceMs: z.number(),
  /** The terminal's server; null where there is none. */
  socket: z.string().nullable(),
});

const workerShape = z.object({
  /** Null where it ended before it could be looked at. */
  process: processShape.nullable(),
  startedAt: z.string(),
});

const endingShape = z.object({ by: z.string(), reason: z.string(), at: z.string() });

const endShape = z.object({
  /** `lost`: its keeper was killed, and what it would have said is not known. */
  how: z.enum(["exited", "signalled", "not_started", "ended", "lost"]),
  /** One line for people. */
  why: z.string(),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  by: z.string().nullable(),
  /** The last line of its standard output. */
  lastLine: z.string().nullable(),
  endedAt: z.string(),
});

export type SessionRequest = z.infer<typeof requestShape>;
export type WorkerRecord = z.infer<typeof workerShape>;
export type EndingRecord = z.infer<typeof endingShape>;
export type SessionEnd = z.infer<typeof endShape>;
export type KeeperRecord = z.infer<typeof processShape>;

type Records = {
  request: SessionRequest;
  keeper: KeeperRecord;
  worker: WorkerRecord;
  ending: EndingRecord;
  ended: SessionEnd;
};

const shapes: { readonly [N in keyof Records]: z.ZodType<Records[N]> } = {
  request: requestShape,
  keeper: processShape,
  worker: workerShape,
  ending: endingShape,
  ended: endShape,
};

/** The record, null where it is not written (yet), or not readable. */
export async function readRecord<N extends keyof Records>(
  folder: string,
  name: N,
): Promise<Records[N] | null> {
  const text = await readFile(join(folder, `${name}.json`), "utf8").catch(() => null);
  return text === null ? null : (shapes[name].safeParse(parseJson(text)).data ?? null);
}

/** Writes it where nobody has: false where it is there already, which stays. */
export async function writeRecord<N extends keyof Records>(
  folder: string,
  name: N,
  value: Records[N],
): Promise<boolean> {
  const draft = join(folder, `.${name}-${randomUUID()}`);
  await writeFile(draft, `${JSON.stringify(value)}\n`, { mode: 0o600, flush: true });
  try {
    await link(draft, join(folder, `${name}.json`));
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Whether an event of the session has been said. */
export async function wasTold(folder: string, what: "started" | "ended"): Promise<boolean> {
  return stat(join(folder, "told", what)).then(
    () => true,
    () => false,
  );
}

export async function noteTold(folder: string, what: "started" | "ended"): Promise<void> {
  await mkdir(join(folder, "told"), { recursive: true, mode: 0o700 });
  await writeFile(join(folder, "told", what), "", { mode: 0o600 });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
