/**
 * The port of a surface that messages are sent to: Telegram, webhooks. The ledger decides what is due, to whom and when; a
 * surface turns one sending into what its far end understands, says what became of it, and decides nothing else. (Types.)
 *
 * What a surface can count on: one `send` at a time for a target; the intent is recorded before the call and the outcome
 * after it, so a crash in between is met by whoever works next. What it must do: settle within `sendDeadlineMs`, stop at
 * the signal, throw only for bugs, and keep secrets, chat ids and URLs out of everything it answers.
 */
import type { Notification } from "../notifications/notification.ts";
import type { TargetRules } from "./rules.ts";

/** Somebody, or something, that is told. */
export type Target = {
  /** Unique on its surface, one line: a person's name, a webhook's name or a digest of its URL. */
  readonly name: string;
  readonly rules: TargetRules;
  /** A digest of its address: another address begins with a clean record, and misses nothing that came before it. */
  readonly fingerprint: string;
  /** Why nothing can be sent to it as it is configured: a sentence. Null where it can. */
  readonly unusable: string | null;
};

/** What the ledger has to know of a surface. */
export type SurfaceTraits = {
  /** A message can be changed after it was sent; else only news is sent, each as a message of its own. */
  readonly edits: boolean;
  /** Several notifications fit into one message. */
  readonly groups: boolean;
  /**
   * Sending one id twice is harmless, because the far end knows it again. Where it is not, a sending that nobody knows
   * the end of is not repeated, unless it rings: that one is repeated once, and says so (`mayRepeat`).
   */
  readonly repeatable: boolean;
};

export type DeliverySurface = SurfaceTraits & {
  /** `telegram`, `webhook`. */
  readonly name: string;
  readonly targets: readonly Target[];
  send(sending: Sending, signal: AbortSignal): Promise<Outcome>;
};

/** The longest a `send` may take, ms: by then it must have answered. */
export const sendDeadlineMs = 30_000;

/** What is new about a notification that wants somebody at once. */
export type Alarm = {
  /** The event that raised it. */
  event_id: string;
  at: string;
  /** What it said, one line. */
  line: string;
};

/** What is to be said. `id` is the same for every try of one sending, and for no other. */
export type Sending = { readonly id: string; readonly target: string } & (
  | {
      readonly kind: "notice";
      /** As it is now; `version` counts its changes. */
      readonly notification: Notification;
      /** The type of the newest event that is news. */
      readonly type: string;
      /** What the target had of it before, as the surface told it; null: nothing that can be changed. */
      readonly previous: string | null;
      /** It must ring: this alarm has not been told, and still stands. */
      readonly ring: Alarm | null;
      /** It rang while nobody could be told, and is over: to be mentioned, without ringing. */
      readonly missed: Alarm | null;
      /** Nobody knows whether it has been told already. */
      readonly mayRepeat: boolean;
    }
  | {
      /** Several at once, oldest change first; none of them rings. Only where the surface `groups`. */
      readonly kind: "digest";
      readonly notifications: readonly Notification[];
    }
  | {
      /** Asked for by a person, to see whether it arrives. */
      readonly kind: "test";
      readonly by: string;
    }
);

/**
 * What became of it. `ref` is the surface's own note of what the target has now (message ids, as text): it comes back as
 * `previous`. Left out: as before. `why` is one sentence for people.
 */
export type Outcome =
  /** Told. `restMs`: nothing more to this target for so long (its rate limit); kept across restarts. */
  | { readonly kind: "sent"; readonly ref?: string | null; readonly restMs?: number }
  /** Asked to wait (429). No failure, and kept across restarts. `surface`: all its targets wait. */
  | {
      readonly kind: "later";
      readonly afterMs: number;
      readonly scope: "target" | "surface";
      readonly ref?: string | null;
    }
  /** Certainly not told; tried again with growing pauses. */
  | { readonly kind: "failed"; readonly why: string; readonly afterMs?: number; readonly ref?: string | null }
  /** It may have been told: the answer was lost. */
  | { readonly kind: "unknown"; readonly why: string; readonly ref?: string | null }
  /** This very message will never be taken: given up, the next one is tried. */
  | { readonly kind: "refused"; readonly why: string }
  /** Nothing will ever arrive there: the target is disabled, and people are told elsewhere. */
  | { readonly kind: "gone"; readonly why: string };
