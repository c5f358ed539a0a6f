/**
 * The daemon's API and web board. It listens where it listened last, if it may choose: a board that is open in a browser
 * then finds the daemon again after a restart.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Desk } from "./board/desk.ts";
import { Failure } from "./errors.ts";
import { putFile } from "./guards/small-files.ts";
import type { LogFile } from "./log-file.ts";
import { type Api, type ApiOptions, openApi } from "./surfaces/api/server.ts";
import type { Traces } from "./telemetry/traces.ts";
import type { Workplace } from "./workplace.ts";

const portFile = "port";

export type DaemonApi = {
  workplace: Workplace;
  /** 0: the last one, else any free one. */
  port: number;
  version: string;
  desk: () => Desk;
  log: LogFile;
  traces: Traces;
};

/** Throws `port_taken` where the port that was asked for is not free. */
export async function startApi({ workplace, port, ...given }: DaemonApi): Promise<Api> {
  const { privateDir, repositoryId } = workplace;
  const options: ApiOptions = { ...given, privateDir, repositoryId, webFolder: webFolder() };
  const remembered = port === 0 ? await lastPort(privateDir) : null;
  const api =
    (remembered === null ? null : await openIfFree(options, remembered)) ?? (await openIfFree(options, port));
  if (api === null)
    throw new Failure({
      code: "port_taken",
      kind: "failed",
      message: `Something else listens on port ${port} already.`,
      cure: "Choose another: port: in signalbox.yaml, or up --port N; 0 is any free one.",
    });
  await putFile(join(privateDir, portFile), `${api.port}\n`, 0o600);
  return api;
}

async function openIfFree(options: ApiOptions, port: number): Promise<Api | null> {
  try {
    return await openApi(options, port);
  } catch (error) {
    // What may not be listened on is taken, too: by the system.
    if (error instanceof Error && "code" in error && (error.code === "EADDRINUSE" || error.code === "EACCES"))
      return null;
    throw error;
  }
}

async function lastPort(privateDir: string): Promise<number | null> {
  const text = await readFile(join(privateDir, portFile), "utf8").catch(() => "");
  const port = /^\d{1,5}\n?$/.test(text) ? Number(text) : 0;
  return port > 0 && port <= 65_535 ? port : null;
}

/** Beside us where we were built, in `dist` where we run from source. */
function webFolder(): string | null {
  const places = [join(import.meta.dirname, "web"), join(import.meta.dirname, "../dist/web")];
  return places.find((place) => existsSync(join(place, "index.html"))) ?? null;
}
