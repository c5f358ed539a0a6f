/** What is written beside the data: which engine made them (for ever), and which process serves them (while it does). */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const makerShape = z.object({ family: z.enum(["redis", "valkey"]), version: z.string() });

const serverShape = z.object({
  socket: z.string(),
  memory: z.boolean(),
  /** Null between the decision to start and the start. */
  process: z.object({ pid: z.number(), startTime: z.string() }).nullable(),
});

export type DataMaker = z.infer<typeof makerShape>;
export type ServerRecord = z.infer<typeof serverShape>;

/** The engine's own folder in a private folder: data, configuration, records, log. */
export function engineFolder(privateDir: string): string {
  return join(privateDir, "redis");
}

/** The engine that wrote the data, or `null` where there are none. */
export function readMaker(privateDir: string): Promise<DataMaker | null> {
  return readRecord(join(engineFolder(privateDir), "engine.json"), makerShape);
}

export function writeMaker(privateDir: string, maker: DataMaker): Promise<void> {
  return writeRecord(privateDir, "engine.json", { family: maker.family, version: maker.version });
}

/** The server last started here; whether it still runs is another question. */
export function readServer(privateDir: string): Promise<ServerRecord | null> {
  return readRecord(join(engineFolder(privateDir), "server.json"), serverShape);
}

export function writeServer(privateDir: string, server: ServerRecord): Promise<void> {
  return writeRecord(privateDir, "server.json", server);
}

export function removeServer(privateDir: string): Promise<void> {
  return rm(join(engineFolder(privateDir), "server.json"), { force: true });
}

async function readRecord<T>(path: string, shape: z.ZodType<T>): Promise<T | null> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  });
  return text === null ? null : shape.parse(JSON.parse(text));
}

/** Whole or not at all: a crash leaves the old one. */
async function writeRecord(privateDir: string, name: string, value: unknown): Promise<void> {
  const folder = engineFolder(privateDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `${name}.${process.pid}.tmp`);
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(value)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, join(folder, name));
}
