/**
 * What an event makes of its group's notification. Pure.
 *
 * - creates: opens one; said again of the same candidate and attempt, nothing; of a newer one, the open notification
 *   goes on with it.
 * - updates: changes the text; a field that matters makes it unseen again. Opens none silently, revives none.
 * - resets: unseen, needs attention. One that is missing is opened: an alarm is never lost.
 * - resolves: ends it, for good where it is about a candidate.
 *
 * Events of an earlier candidate, or of an earlier attempt, change nothing, whenever they come. So for one candidate
 * the status does not depend on the order in which its events arrive.
 */
import type { StoredEvent } from "../events/envelope.ts";
import type { AgentStatus, EventData, NotificationLifecycle } from "../events/lifecycle-definition.ts";
import { type About, changed, isResolved, knows, type Notification, notificationId } from "./notification.ts";

/**
 * The newest notification of the event's group, after the event. `null` in: the group has none; `null` out: it still
 * has none. A different id out: a new one was opened. The same value out: nothing changed.
 */
export function evolve(
  current: Notification | null,
  stored: StoredEvent,
  lifecycle: NotificationLifecycle,
): Notification | null {
  const about = aboutOf(stored.event.data);
  if (current !== null && (knows(current, stored.event.id) || isLate(current, about, lifecycle)))
    return current;
  switch (lifecycle.effect) {
    case "creates":
      return created(current, stored, lifecycle, about);
    case "updates":
      return updated(current, stored, lifecycle, about);
    case "resets":
      return reset(current, stored, lifecycle, about);
    case "resolves":
      return resolved(current, stored, lifecycle, about);
    default:
      return lifecycle.effect satisfies never;
  }
}

/** The open notification of another group, ended by an event that says so (`alsoResolves`). */
export function endedBy(current: Notification, stored: StoredEvent, line: string): Notification {
  if (isResolved(current) || knows(current, stored.event.id)) return current;
  return changed(current, stored, { line, ...ended(stored) });
}

function created(
  current: Notification | null,
  stored: StoredEvent,
  lifecycle: NotificationLifecycle,
  about: About | null,
): Notification {
  if (current === null) return opened(null, stored, lifecycle, about);
  if (isResolved(current))
    return isOver(current, about) ? current : opened(current, stored, lifecycle, about);
  if (isSame(current.about, about) && about !== null && about.attempt === current.about?.attempt)
    return current;
  return changed(current, stored, {
    ...told(current, stored, lifecycle),
    ...aboutNow(current, about),
    ...status(lifecycle.agentStatus ?? "none"),
    needs_attention: lifecycle.needsAttention ?? false,
    snoozed_until: null,
  });
}

function updated(
  current: Notification | null,
  stored: StoredEvent,
  lifecycle: NotificationLifecycle,
  about: About | null,
): Notification | null {
  if (current === null) return lifecycle.silent ? null : opened(null, stored, lifecycle, about);
  if (isResolved(current)) return current;
  const { agentStatus } = lifecycle;
  const isSettled = agentStatus !== undefined && agentStatus !== "blocked";
  return changed(current, stored, {
    ...told(current, stored, lifecycle),
    ...aboutNow(current, about),
    ...(agentStatus === undefined ? {} : status(agentStatus)),
    ...(agentStatus === "resolved" ? ended(stored) : {}),
    needs_attention: lifecycle.needsAttention ?? (isSettled ? false : current.needs_attention),
  });
}

function reset(
  current: Notification | null,
  stored: StoredEvent,
  lifecycle: NotificationLifecycle,
  about: About | null,
): Notification {
  const alarm = { human_status: "unseen", needs_attention: true, snoozed_until: null } as const;
  if (current === null || isResolved(current)) {
    if (current !== null && isOver(current, about)) return current;
    return {
      ...opened(current, stored, lifecycle, about),
      ...alarm,
      ...status(lifecycle.agentStatus ?? "blocked"),
    };
  }
  return changed(current, stored, {
    ...told(current, stored, lifecycle),
    ...aboutNow(current, about),
    ...status(lifecycle.agentStatus ?? "blocked"),
    ...alarm,
  });
}

function resolved(
  current: Notification | null,
  stored: StoredEvent,
  lifecycle: NotificationLifecycle,
  about: About | null,
): Notification | null {
  if (current === null || (isResolved(current) && !isSame(current.about, about))) {
    // A landing is worth knowing even where nobody heard of its start; the end of what never began is not.
    if (about === null) return current;
    return { ...opened(current, stored, lifecycle, about), ...ended(stored) };
  }
  if (current.ended_by === "event") return current;
  return changed(current, stored, {
    ...told(current, stored, lifecycle),
    ...aboutNow(current, about),
    ...ended(stored),
    resolved_at: current.resolved_at ?? stored.event.time,
  });
}

/** A new notification. `before` is the group's last one: its candidates are the past of this one. */
function opened(
  before: Notification | null,
  { event }: StoredEvent,
  lifecycle: NotificationLifecycle,
  about: About | null,
): Notification {
  const group = lifecycle.group(event.data);
  const title = lifecycle.title(event.data);
  return {
    id: notificationId(group, event.id),
    group,
    title,
    body: lifecycle.body(event.data),
    level: event.eventlevel,
    human_status: "unseen",
    needs_attention: lifecycle.needsAttention ?? false,
    quiet: isQuiet(event.data, lifecycle),
    actions: [...(lifecycle.actions ?? [])],
    created_at: event.time,
    updated_at: event.time,
    resolved_at: null,
    snoozed_until: null,
    version: 1,
    history: [{ event_id: event.id, at: event.time, line: title }],
    about,
    past: before === null ? {} : pastWith(before, about),
    facts: factsOf(event.data, lifecycle),
    ...status(lifecycle.agentStatus ?? "none"),
    ended_by: null,
  };
}

/** What an event says in words, and whether it makes a seen notification unseen again. */
function told(current: Notification, { event }: StoredEvent, lifecycle: NotificationLifecycle) {
  const facts = factsOf(event.data, lifecycle);
  const isNews =
    !lifecycle.silent &&
    (lifecycle.needsAttention === true ||
      Object.entries(facts).some(
        ([name, value]) => JSON.stringify(value) !== JSON.stringify(current.facts[name]),
      ));
  const title = lifecycle.title(event.data);
  return {
    line: title,
    title,
    body: lifecycle.body(event.data),
    level: lifecycle.silent ? current.level : event.eventlevel,
    quiet: lifecycle.silent ? current.quiet : isQuiet(event.data, lifecycle),
    actions:
      lifecycle.actions === undefined && lifecycle.silent ? current.actions : [...(lifecycle.actions ?? [])],
    facts: { ...current.facts, ...facts },
    human_status: isNews ? "unseen" : current.human_status,
  } as const;
}

function isQuiet(data: EventData, lifecycle: NotificationLifecycle): boolean {
  return lifecycle.quiet ?? lifecycle.quietWhen?.(data) ?? false;
}

/** A status said by an event ends a claim: what was claimed is no more as it was. */
function status(
  agentStatus: AgentStatus,
): Pick<Notification, "agent_status" | "unclaimed_status" | "claimed_by"> {
  return { agent_status: agentStatus, unclaimed_status: agentStatus, claimed_by: null };
}

type Ended = ReturnType<typeof status> &
  Pick<Notification, "needs_attention" | "actions" | "snoozed_until" | "resolved_at" | "ended_by">;

function ended({ event }: StoredEvent): Ended {
  return {
    ...status("resolved"),
    needs_attention: false,
    actions: [],
    snoozed_until: null,
    resolved_at: event.time,
    ended_by: "event",
  };
}

function factsOf(data: EventData, { meaningful = [] }: NotificationLifecycle): EventData {
  return Object.fromEntries(meaningful.map((name) => [name, data[name] ?? null]));
}

function aboutOf({ branch, sha, attempt }: EventData): About | null {
  if (typeof branch !== "string" || typeof sha !== "string") return null;
  return { branch, sha, attempt: typeof attempt === "number" ? attempt : null };
}

function candidateOf({ branch, sha }: About): string {
  return `${sha}:${branch}`;
}

function isSame(a: About | null, b: About | null): boolean {
  return a === null || b === null ? a === b : candidateOf(a) === candidateOf(b);
}

/** What an event ended about a candidate is over for this candidate. */
function isOver(current: Notification, about: About | null): boolean {
  return current.ended_by === "event" && about !== null && isSame(current.about, about);
}

/** Whether an event comes too late to matter: about an earlier candidate, or an earlier attempt. */
function isLate(current: Notification, about: About | null, { effect }: NotificationLifecycle): boolean {
  if (about === null || current.about === null) return false;
  if (isSame(current.about, about)) return (about.attempt ?? Infinity) < (current.about.attempt ?? 0);
  const attemptThen = current.past[candidateOf(about)];
  if (attemptThen !== undefined) return effect !== "creates" || (about.attempt ?? 1) <= attemptThen;
  // A candidate nobody heard of: a start and an alarm count, anything else would hide what is open now.
  return (effect === "updates" || effect === "resolves") && !(effect === "resolves" && isResolved(current));
}

/** The candidate it is about from now on. */
function aboutNow(current: Notification, about: About | null): Pick<Notification, "about" | "past"> {
  if (about === null) return { about: current.about, past: current.past };
  if (!isSame(current.about, about)) return { about, past: pastWith(current, about) };
  return {
    about: { ...about, attempt: about.attempt ?? current.about?.attempt ?? null },
    past: current.past,
  };
}

/** The candidates before `about`, the newest last. */
function pastWith(before: Notification, about: About | null): Notification["past"] {
  const now = about === null ? null : candidateOf(about);
  const entries = Object.entries(before.past);
  if (before.about !== null) entries.push([candidateOf(before.about), before.about.attempt ?? 1]);
  return Object.fromEntries(entries.filter(([candidate]) => candidate !== now).slice(-pastMax));
}

/** A slug that was finalized more often than this has other troubles than a late event. */
const pastMax = 50;
