/**
 * Which processes serve a private folder: `daemon.json` (one) and `integrator.<pid>.json` (one works, others may wait for
 * the lease or be frozen), each `{pid, start_time, since, url, ready}`. The start time is what makes a pid mean one
 * process; a file whose process has ended means nothing.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isoTime, wallMs } from "../clock.ts";
import { type Failure, unavailable } from "../errors.ts";
import { identify, isRunning, type ProcessIdentity } from "../process-identity.ts";
import { takeStartLock } from "../redis/start-lock.ts";

export type ProcessRecord = {
  process: ProcessIdentity;
  /** RFC 3339. */
  since: string;
  /** Where its API answers, if it has one. */
  url: string | null;
  /** False between the claim and the moment it serves. */
  ready: boolean;
};

/** The living daemon, or null. */
export async function readDaemon(privateDir: string): Promise<ProcessRecord | null> {
  const record = await readRecord(join(privateDir, daemonFile));
  return record !== null && (await isRunning(record.process)) ? record : null;
}

/** For who needs it to run. */
export function daemonNotRunning(): Failure {
  return unavailable("daemon_not_running", "The daemon does not run here.", {
    cure: "signalbox up --detach",
  });
}

/** The living integrators; what dead ones left behind is removed. */
export async function readIntegrators(privateDir: string): Promise<ProcessRecord[]> {
  const names = await readdir(privateDir).catch(() => []);
  const living: ProcessRecord[] = [];
  for (const name of names.filter((each) => integratorFile.test(each))) {
    const record = await readRecord(join(privateDir, name));
    if (record !== null && (await isRunning(record.process))) living.push(record);
    else await rm(join(privateDir, name), { force: true });
  }
  return living;
}

/** Says that this process is an integrator, until `release`. */
export async function registerIntegrator(privateDir: string): Promise<{ release(): Promise<void> }> {
  const record = await ownRecord();
  const name = `integrator.${record.process.pid}.json`;
  await writeRecord(privateDir, name, record);
  return { release: () => rm(join(privateDir, name), { force: true }) };
}

export type Claim =
  | { kind: "claimed"; ready(url: string | null): Promise<void>; release(): Promise<void> }
  | { kind: "taken"; by: ProcessRecord };

/** Makes this process the daemon of the folder, or names the one that is. Two at once: one of them wins. */
export async function claimDaemon(privateDir: string): Promise<Claim> {
  const lock = await takeStartLock(join(privateDir, "starting"), 10_000);
  try {
    const by = await readDaemon(privateDir);
    if (by !== null) return { kind: "taken", by };
    const record = await ownRecord();
    await writeRecord(privateDir, daemonFile, record);
    return {
      kind: "claimed",
      ready: (url) => writeRecord(privateDir, daemonFile, { ...record, url, ready: true }),
      release: () => rm(join(privateDir, daemonFile), { force: true }),
    };
  } finally {
    await lock.release();
  }
}

const daemonFile = "daemon.json";
const integratorFile = /^integrator\.\d+\.json$/;

async function ownRecord(): Promise<ProcessRecord> {
  const own = await identify(process.pid);
  if (own === null) throw new Error("this process does not find itself");
  return { process: own, since: isoTime(wallMs()), url: null, ready: false };
}

async function readRecord(file: string): Promise<ProcessRecord | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const value: Partial<Record<string, unknown>> = JSON.parse(text);
    const { pid, start_time: startTime, since, url, ready } = value;
    if (typeof pid !== "number" || typeof startTime !== "string" || typeof since !== "string") return null;
    return {
      process: { pid, startTime },
      since,
      url: typeof url === "string" ? url : null,
      ready: ready === true,
    };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Whole or not at all: a reader never sees half a record. */
async function writeRecord(privateDir: string, name: string, record: ProcessRecord): Promise<void> {
  await mkdir(privateDir, { recursive: true, mode: 0o700 });
  const { process: own, since, url, ready } = record;
  const text = JSON.stringify({ pid: own.pid, start_time: own.startTime, since, url, ready });
  const draft = join(privateDir, `${name}.${own.pid}.tmp`);
  await writeFile(draft, `${text}\n`, { mode: 0o600 });
  await rename(draft, join(privateDir, name));
}
