/** What a processor is given. */
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import type { Traces } from "../telemetry/traces.ts";
import type { AtomicWriter } from "./atomic-write.ts";
import type { Tries } from "./callback-worker.ts";
import type { Catalog } from "./catalog.ts";
import type { Gap } from "./continuity.ts";
import type { StoredEvent } from "./envelope.ts";
import type { Position } from "./position.ts";
import type { Projection } from "./projection.ts";

/** The shape of pino's, and as much of it as is used. */
export type ProcessorLog = {
  info(detail: object, message: string): void;
  warn(detail: object, message: string): void;
};

export type ProcessorOptions = {
  redis: Redis;
  keys: Keys;
  catalog: Catalog;
  /** One that may say `platform.*`. */
  writer: AtomicWriter;
  projections: readonly Projection[];
  /** After each commit. Notes and wakes: what it throws is logged, what it awaits is not awaited. */
  onCommitted?: (name: string, stored: readonly StoredEvent[]) => void;
  /** A callback is served again after Redis was away: a commit may have been made whose telling was lost. */
  onRecovered?: () => void;
  /** Events were lost, or the log is another one. Notes and wakes. */
  onGap?: (gap: Gap) => void;
  /** The log as this machine saw it last (kept on its disk by the caller): another one, or a shorter one, is a gap. */
  seen?: LogMark | null;
  log?: ProcessorLog;
  lease?: LeaseTiming;
  tries?: Tries;
  batch?: number;
  /** Default: none. */
  traces?: Traces;
};

export type LeaseTiming = { ttlMs: number; renewMs: number };

/** Enough of the log to know it again. */
export type LogMark = Pick<Position, "epoch" | "sequence"> & Partial<Pick<Position, "streamId">>;

/** The name of the processor's lease. */
export const processorLeaseName = "processor";
