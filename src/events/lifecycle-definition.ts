/**
 * What an event means to the people who read notifications: the part of an event's definition that the notifications
 * room folds by. Pure data and pure functions of the payload.
 */

/** A payload that passed its schema: JSON, snake_case fields. */
export type EventData = Readonly<Record<string, unknown>>;

/** What an agent makes of a notification. */
export type AgentStatus = "none" | "claimed" | "in_progress" | "blocked" | "resolved";

/**
 * `creates` opens one (idempotent), `updates` changes an open one, `resets` makes it unseen again, `resolves` ends it.
 */
export type NotificationEffect = "creates" | "updates" | "resets" | "resolves";

/**
 * Written as methods so that a definition may take its own payload type: the catalog calls them only with a payload
 * that this very definition's schema has accepted.
 */
export type NotificationLifecycle<Data extends EventData = EventData> = {
  /** Names what the notification is about, e.g. `deployment/<slug>`. Events of one group are one notification. */
  group(data: Data): string;
  /** The fields `group` reads. The catalog refuses a definition whose schema lacks one, or has it optional. */
  groupFields: readonly string[];
  effect: NotificationEffect;
  agentStatus?: AgentStatus;
  /** A person has to do something: it rings. */
  needsAttention?: boolean;
  /** Shown, but never rings or sends a message. */
  quiet?: boolean;
  /** Quiet where it is so of what happened. */
  quietWhen?(data: Data): boolean;
  /** Changes text and status, never `unseen`, never a message. */
  silent?: boolean;
  /** Fields whose change makes a seen notification unseen again. */
  meaningful?: readonly string[];
  /** Other groups whose open notification this event ends too. */
  alsoResolves?(data: Data): string[];
  /** One line, no full stop. */
  title(data: Data): string;
  /** A sentence or a few; may be empty. */
  body(data: Data): string;
  /** What a person may do, as verbs of the command line: `retry`, `withdraw`. */
  actions?: readonly string[];
};
