/** What a session is put together from, seen from its loop: each part may be another one in a test. */
import type { Traces } from "../telemetry/traces.ts";
import type { BatchWindow } from "./batch-window.ts";
import type { Coupling } from "./coupling.ts";
import type { Delivery, Outcome } from "./delivery.ts";
import type { Announcer } from "./hands/announce.ts";
import type { HeldLease } from "./lease.ts";
import type { AskPermission } from "./permission.ts";
import type { SessionLease } from "./session-lease.ts";
import type { DeliveryStore } from "./stores/delivery-store.ts";

/** One hand per phase: asks what is already true, acts, and says what follows. */
export type Hands = {
  [Phase in Delivery["phase"] as Phase extends "tidied" ? never : Phase]: (
    delivery: Extract<Delivery, { phase: Phase }>,
    lease: HeldLease,
    how: How,
  ) => Promise<Outcome>;
};

export type How = {
  /** Nothing of it was tried yet. */
  isFirst: boolean;
  /** Whether it may have been done already, by whoever had this checkpoint before. */
  resumed: boolean;
  /** How many candidates may follow this one in its push. */
  room: number;
};

export type SessionLog = {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
};

/** Takes the next candidate, under the lease; null when there is nothing to take. */
export type Picker = {
  pick(lease: HeldLease): Promise<Delivery | null>;
  /** Puts an item that is in progress without a (readable) checkpoint back into the queue, and clears that. */
  recover(lease: HeldLease): Promise<void>;
  /** Is there something to take right now? */
  takeable(): Promise<boolean>;
  /** Turns a drain that has run dry into a pause. */
  settle(): Promise<void>;
  /** Waits until the queue has news, at most `graceMs`; false where there was none. */
  waitForWork(graceMs: number, stopped: AbortSignal): Promise<boolean>;
};

export type IntegratorParts = {
  lease: SessionLease;
  deliveries: DeliveryStore;
  coupling: Coupling;
  window: BatchWindow;
  picker: Picker;
  hands: Hands;
  announcer: Announcer;
  permission: AskPermission;
  log: SessionLog;
  traces: Traces;
  /** How much of the lease a step with an outside effect needs, ms. */
  budgetMs: number;
  graceMs: number;
  /** Stop after this many candidates. */
  limit: number;
};

/** What became of the candidates a session took. */
export type Tally = { landed: number; blocked: number; superseded: number };
