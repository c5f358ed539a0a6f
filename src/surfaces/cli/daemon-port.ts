/** What `up` expects of the daemon, so that no surface imports it: `main.ts` hands it in. (Types.) */

export type DaemonOptions = {
  /** The clone's root folder. */
  root: string;
  /** For the API; 0 or null is any free one. */
  port: number | null;
  /** Aborted when the daemon shall stop: TERM, INT, or `down`. */
  stop: AbortSignal;
};

export type RunningDaemon = {
  /** Where the API answers; null while there is none. */
  url: string | null;
  /** Reads the configuration again; a Failure leaves the old one in force. */
  reload(): Promise<void>;
  /** Settles when everything has ended: after `stop`, or with the error that ended it. */
  ended: Promise<void>;
};

/** Resolves when the daemon is ready: engine up, processor running, one reconciliation begun. */
export type RunDaemon = (options: DaemonOptions) => Promise<RunningDaemon>;
