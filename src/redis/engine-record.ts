/** What is written beside the data: which engine made them (for ever), and which process serves them (while it does). */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessIdentity } from "../process-identity.ts";

export type DataMaker = { family: "redis" | "valkey"; version: string };
export type ServerRecord = {
  socket: string;
  memory: boolean;
  /** Null between the decision to start and the start. */
  process: ProcessIdentity | null;
};

/** The engine's own folder in a private folder: data, configuration, records, log. */
export function engineFolder(privateDir: string): string {
  return join(privateDir, "redis");
}

/** The engine that wrote the data, or `null` where there are none. */
export function readMaker(privateDir: string): Promise<DataMaker | null> {
  return readRecord(privateDir, "engine.json", makerOf);
}

export function writeMaker(privateDir: string, maker: DataMaker): Promise<void> {
  return writeRecord(privateDir, "engine.json", { family: maker.family, version: maker.version });
}

/** The server last started here; whether it still runs is another question. */
export function readServer(privateDir: string): Promise<ServerRecord | null> {
  return readRecord(privateDir, "server.json", serverOf);
}

export function writeServer(privateDir: string, server: ServerRecord): Promise<void> {
  return writeRecord(privateDir, "server.json", server);
}

export function removeServer(privateDir: string): Promise<void> {
  return rm(join(engineFolder(privateDir), "server.json"), { force: true });
}

type Fields = { readonly [name: string]: unknown };

/** Null where there is no file; one that holds anything else was not written by us, and throws. */
async function readRecord<T>(
  privateDir: string,
  name: string,
  read: (fields: Fields) => T | null,
): Promise<T | null> {
  const path = join(engineFolder(privateDir), name);
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  const record = read(fieldsOf(JSON.parse(text)));
  if (record === null) throw new Error(`${path} is not what was written there`);
  return record;
}

function makerOf({ family, version }: Fields): DataMaker | null {
  const known = family === "redis" || family === "valkey";
  return known && typeof version === "string" ? { family, version } : null;
}

function serverOf({ socket, memory, process: server }: Fields): ServerRecord | null {
  if (typeof socket !== "string" || typeof memory !== "boolean") return null;
  if (server === null) return { socket, memory, process: null };
  const { pid, startTime } = fieldsOf(server);
  if (typeof pid !== "number" || typeof startTime !== "string") return null;
  return { socket, memory, process: { pid, startTime } };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
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
