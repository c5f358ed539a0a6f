/**
 * What people see of the notifications, and how they act on them.
 *
 * An act is said as an event and applied by the projection, in the order of the stream, so two people who claim at once
 * cannot both win. `act` waits until its event has been applied and answers with what became of it; while no processor
 * runs, it answers `noted`: the act is in the stream and will be applied when one does.
 */
import { isoTime, monotonicMs, parseTimeMs, pause, wallMs } from "../clock.ts";
import { badInput, Failure } from "../errors.ts";
import { compareStreamIds } from "../events/entry.ts";
import { type EventLevel, eventLevels } from "../events/envelope.ts";
import type { AgentStatus } from "../events/lifecycle-definition.ts";
import type { NotificationProducer } from "../events/producer.ts";
import type { ProjectionReader } from "../events/projection.ts";
import { type Action, isSnoozed, type Refusal, refusalOf } from "./acts.ts";
import { type HumanStatus, isResolved, type Notification } from "./notification.ts";
import { actedType, itemsTable, notificationOf } from "./projection.ts";

export type Filter = {
  /** Resolved and snoozed ones too. */
  all?: boolean;
  group?: string;
  /** This level and the ones above it. */
  levelMin?: EventLevel;
  humanStatus?: HumanStatus;
  agentStatus?: AgentStatus;
  needsAttention?: boolean;
  claimedBy?: string;
  /** Most to answer with; default 100. */
  limit?: number;
  /** The id that the page before ended with. */
  after?: string;
};

/** `next` is what to give as `after` for the next page; null on the last one. */
export type Page = { items: Notification[]; next: string | null };

/** `until` is RFC 3339, for snooze; `reason` is what resolve must have. */
export type ActRequest = { id: string; action: Action; by: string; reason?: string; until?: string };

export type ActOutcome =
  | { kind: "applied"; notification: Notification }
  /** Said, but not applied yet: no processor is at work. */
  | { kind: "noted"; notification: Notification };

export type Inbox = {
  /** Newest change first. */
  list(filter?: Filter): Promise<Page>;
  /** By its id or the id's first letters. Throws a Failure: `notification_unknown`, `notification_ambiguous`. */
  get(id: string): Promise<Notification>;
  /**
   * Throws a Failure: `notification_unknown`, `reason_missing`, `bad_time` (bad input); `notification_claimed`,
   * `notification_not_claimed`, `notification_over` (not ready); or what an emit throws.
   */
  act(request: ActRequest): Promise<ActOutcome>;
};

export type InboxOptions = {
  /** Of the projection `notifications`. */
  reader: ProjectionReader;
  producer: NotificationProducer;
  /** How long an act waits to be applied, ms. */
  patienceMs?: number;
};

export function openInbox({ reader, producer, patienceMs = 3000 }: InboxOptions): Inbox {
  const all = async () =>
    [...(await reader.all(itemsTable)).values()].map(notificationOf).filter((item) => item !== null);
  const get = async (id: string) => {
    const exact = notificationOf(await reader.get(itemsTable, id));
    return exact ?? oneWithPrefix(id, await all());
  };
  return {
    list: async (filter = {}) => pageOf(await all(), filter, wallMs()),
    get,
    async act(request) {
      const before = await get(request.id);
      refuse(request, before);
      const { streamId } = await producer.emit(actedType, dataOf(request, before));
      const isApplied = await waitFor(reader, streamId, patienceMs);
      const after = notificationOf(await reader.get(itemsTable, before.id)) ?? before;
      if (!isApplied) return { kind: "noted", notification: after };
      if (request.action === "claim") refuse(request, after);
      return { kind: "applied", notification: after };
    },
  };
}

/** The page of `items` that a filter asks for. */
export function pageOf(items: readonly Notification[], filter: Filter, nowMs: number): Page {
  const { limit = 100, after } = filter;
  const matching = items.filter((item) => matches(item, filter, nowMs)).sort((a, b) => compareNewest(a, b));
  const start = after === undefined ? 0 : matching.findIndex(({ id }) => id === after) + 1;
  const page = matching.slice(start, start + limit);
  const isLast = start + page.length >= matching.length;
  return { items: page, next: isLast ? null : (page.at(-1)?.id ?? null) };
}

function matches(item: Notification, filter: Filter, nowMs: number): boolean {
  const { all = false, group, levelMin, humanStatus, agentStatus, needsAttention, claimedBy } = filter;
  return (
    (all || (!isResolved(item) && !isSnoozed(item, nowMs))) &&
    (group === undefined || item.group === group) &&
    (levelMin === undefined || eventLevels.indexOf(item.level) >= eventLevels.indexOf(levelMin)) &&
    (humanStatus === undefined || item.human_status === humanStatus) &&
    (agentStatus === undefined || item.agent_status === agentStatus) &&
    (needsAttention === undefined || item.needs_attention === needsAttention) &&
    (claimedBy === undefined || item.claimed_by === claimedBy)
  );
}

function compareNewest(a: Notification, b: Notification): number {
  if (a.updated_at !== b.updated_at) return a.updated_at > b.updated_at ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

function oneWithPrefix(id: string, items: readonly Notification[]): Notification {
  const found = /^[0-9a-f]{2,}$/.test(id) ? items.filter((item) => item.id.startsWith(id)) : [];
  const [only] = found;
  const shown = JSON.stringify(id.slice(0, 40));
  const cure = "List them: signalbox notifications list --all";
  if (only === undefined)
    throw badInput("notification_unknown", `There is no notification ${shown}.`, { cure });
  if (found.length > 1)
    throw badInput("notification_ambiguous", `${found.length} notifications begin with ${shown}.`, { cure });
  return only;
}

function refuse({ action, by, reason }: ActRequest, notification: Notification): void {
  if (action === "resolve" && (reason ?? "").trim() === "")
    throw badInput("reason_missing", "Closing a notification by hand needs a reason.", {
      cure: "Give --reason.",
    });
  const refusal = refusalOf(notification, { action, by });
  if (refusal !== null) throw refusedBecause(refusal, notification);
}

function refusedBecause(refusal: Refusal, { id, title }: Notification): Failure {
  const named = `${id} (${title})`;
  switch (refusal.kind) {
    case "claimed_by_another":
      return new Failure({
        code: "notification_claimed",
        kind: "not_ready",
        message: `${named} is claimed by ${refusal.holder}.`,
        cure: `Ask ${refusal.holder} to release it.`,
      });
    case "not_the_holder": {
      const who = refusal.holder === null ? "nobody" : refusal.holder;
      const message = `${named} is claimed by ${who}: only who holds it can release it.`;
      return new Failure({ code: "notification_not_claimed", kind: "not_ready", message });
    }
    case "over":
      return new Failure({
        code: "notification_over",
        kind: "not_ready",
        message: `${named} is resolved: there is nothing left to do about it.`,
      });
    default:
      return refusal satisfies never;
  }
}

function dataOf({ action, by, reason, until }: ActRequest, { id, version }: Notification) {
  return {
    notification_id: id,
    version,
    action,
    by,
    ...(reason === undefined ? {} : { reason }),
    ...(action === "snooze" ? { until: normalTime(until) } : {}),
  };
}

/** One spelling for a moment, so that saying it twice is one event. */
function normalTime(until: string | undefined): string {
  const ms = until === undefined ? null : parseTimeMs(until);
  if (ms === null) throw badInput("bad_time", "Snoozing needs a time, such as 2027-01-31T09:00:00Z.");
  return isoTime(ms);
}

/** Whether the projection has handled the entry within the patience. */
async function waitFor(reader: ProjectionReader, streamId: string, patienceMs: number): Promise<boolean> {
  const deadline = monotonicMs() + patienceMs;
  for (;;) {
    const position = await reader.position();
    if (position !== null && compareStreamIds(position.streamId, streamId) >= 0) return true;
    if (monotonicMs() >= deadline) return false;
    await pause(lookAgainMs);
  }
}

const lookAgainMs = 15;
