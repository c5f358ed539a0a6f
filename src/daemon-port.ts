/** What `up` expects of the daemon, so that no surface imports it: `start.ts` hands it in. (Types.) */

import type { OpenTraces } from "./telemetry/traces.ts";
import type { Workplace } from "./workplace.ts";

export type DaemonOptions = {
  workplace: Workplace;
  /** For the API; 0 is the last one, else any free one. */
  port: number;
  /** Our own. */
  version: string;
  /** A Redis in memory will do where no other can be had: for trying out. */
  allowMemory: boolean;
  /** Told what takes long, one line at a time. */
  progress: (line: string) => void;
  /** Aborted when the daemon shall stop: TERM, INT, or `down`. */
  stop: AbortSignal;
  openTraces: OpenTraces;
};

export type RunningDaemon = {
  /** Where the API answers. */
  url: string;
  /** Reads the configuration again; a Failure leaves the old one in force. */
  reload(): Promise<void>;
  /** Settles when everything has ended: after `stop`, or with the error that ended it. */
  ended: Promise<void>;
};

/** Resolves when the daemon is ready: engine up, processor running, one reconciliation begun. */
export type RunDaemon = (options: DaemonOptions) => Promise<RunningDaemon>;
