/**
 * Pure. Which events are acts: something that a person or an agent decided and that changed something, or wanted to and was
 * refused. What the line does by itself (it queues, lands, blocks, reconciles) is told by `events` and `verify`, not here.
 */
import { z } from "zod";
import type { BuiltInType } from "../events/built-in.ts";
import type { CloudEvent, StoredEvent } from "../events/envelope.ts";
import type { EventData } from "../events/lifecycle-definition.ts";

const nullableText = z.string().nullable();

/** Where an act was made. `git`: by a push or a commit, without Signalbox. */
const surfaceSchema = z.enum(["cli", "api", "web", "telegram", "integrator", "daemon", "git"]);
export type ActSurface = z.infer<typeof surfaceSchema>;

/** One line of `audit`. */
export const auditEntrySchema = z.object({
  id: z.string().describe("of the event that records it"),
  streamid: z.string(),
  at: z.string(),
  who: z.string(),
  surface: surfaceSchema.nullable().describe("where it was made; null where that is not recorded"),
  act: z.string().describe("a code: submit, approve, pause, withdraw, …"),
  refused: z.boolean().describe("it was tried, and changed nothing"),
  what: z.string().describe("what was acted on"),
  slug: nullableText,
  reason: nullableText,
  type: z.string().describe("of the event"),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditPageSchema = z.object({
  items: z.array(auditEntrySchema).describe("oldest first; the newest of those that were asked for"),
  next: nullableText.describe("what to give as before for the page of older ones; null on the last one"),
});
export type AuditPage = z.infer<typeof auditPageSchema>;

type Told = Pick<AuditEntry, "who" | "act" | "what"> & Partial<Pick<AuditEntry, "reason" | "refused">>;
/** What an event says of an act. `null`: this one is none, though others of its type are. */
type Telling = (data: EventData, event: CloudEvent) => Told | null;

/** Somebody decided it, wherever it was said. */
type Rule =
  | { kind: "act"; surface?: ActSurface; tell: Telling }
  /** An act where a person or an agent said it; the integrator and the daemon say it of themselves, too. */
  | { kind: "act_by_hand"; tell: Telling }
  /** What the line found or did by itself, or a part of an act that another event tells. */
  | { kind: "no_act" };

const noAct: Rule = { kind: "no_act" };
const act = (tell: Telling, surface?: ActSurface): Rule =>
  surface === undefined ? { kind: "act", tell } : { kind: "act", surface, tell };

/** Every type of ours is classed: one that is missing here does not compile. */
export const auditRules: { readonly [Type in BuiltInType]: Rule } = {
  "domain.software-development.review.approved": act((data) => ({
    who: text(data, "reviewer_session_id"),
    act: "approve",
    what: join(text(data, "slug"), at(data, "approved_sha"), `round ${data.review_round}`),
  })),
  "domain.software-development.review.revoked": act((data) => ({
    who: text(data, "revoked_by"),
    act: "revoke",
    what: join(text(data, "slug"), `round ${data.review_round}`),
    reason: text(data, "reason"),
  })),
  // A part of the hand-over, which deployment.started tells.
  "domain.software-development.branch.pushed": noAct,
  "domain.software-development.deployment.started": act((data) => ({
    who: text(data, "worker_session_id"),
    act: "submit",
    what: join(text(data, "slug"), text(data, "branch"), at(data, "sha"), again(data)),
  })),
  "domain.software-development.deployment.completed": noAct,
  "domain.software-development.deployment.failed": noAct,
  "domain.software-development.work.item.started": act((data) => ({
    who: text(data, "by"),
    act: "start",
    what: join(text(data, "slug"), text(data, "branch")),
  })),
  "domain.software-development.work.phase.marked": act((data) => ({
    who: text(data, "by"),
    act: "mark",
    what: join(text(data, "slug"), `${words(data, "phase")} ${words(data, "status")}`, at(data, "sha")),
  })),
  "domain.software-development.work.person.asked": act((data) => ({
    who: text(data, "by"),
    act: "ask",
    what: join(text(data, "slug"), text(data, "question")),
    reason: words(data, "reason"),
  })),
  "domain.software-development.work.item.dropped": act((data) => ({
    who: text(data, "by"),
    act: "drop",
    what: text(data, "slug"),
    reason: text(data, "reason"),
  })),
  // Steps of the hand-over, which deployment.started tells.
  "domain.software-development.work.finalize.recorded": noAct,
  "domain.software-development.work.session.started": noAct,
  "domain.software-development.work.session.ended": act(sessionEnded),
  "domain.software-development.integration.candidate.queued": noAct,
  "domain.software-development.integration.candidate.dequeued": noAct,
  "domain.software-development.integration.candidate.superseded": noAct,
  "domain.software-development.integration.candidate.requeued": {
    kind: "act_by_hand",
    tell: (data) => ({
      who: text(data, "by"),
      act: "retry",
      what: join(text(data, "slug"), at(data, "sha"), again(data)),
    }),
  },
  "domain.software-development.integration.candidate.withdrawn": act((data) => ({
    who: text(data, "by"),
    act: "withdraw",
    what: join(text(data, "slug"), at(data, "sha")),
    reason: text(data, "reason"),
  })),
  "domain.software-development.integration.candidate.shadowed": noAct,
  "domain.software-development.integration.follow_up.opened": noAct,
  "domain.software-development.integration.follow_up.resolved": noAct,
  "domain.software-development.integration.session.started": noAct,
  "domain.software-development.integration.session.ended": noAct,
  "domain.software-development.integration.main.moved": act(mainMoved, "git"),
  "domain.software-development.integration.stalled": noAct,
  "domain.software-development.integration.queue.paused": act((data) => ({
    who: text(data, "by"),
    act: data.draining === true ? "drain" : "pause",
    what: "the queue",
    reason: text(data, "reason"),
  })),
  "domain.software-development.integration.queue.resumed": act((data) => ({
    who: text(data, "by"),
    act: "resume",
    what: "the queue",
    reason: text(data, "reason"),
  })),
  "domain.software-development.integration.cutover.changed": act((data) => ({
    who: text(data, "by"),
    act: "cutover",
    what: cutover(data),
    reason: text(data, "reason"),
  })),
  "domain.software-development.integration.guard.blocked": act(
    (data) => ({
      who: text(data, "actor"),
      act: "push",
      what: join(text(data, "ref"), text(data, "command")),
      reason: text(data, "rule"),
      refused: true,
    }),
    "git",
  ),
  "domain.software-development.integration.guard.opened": act((data) => ({
    who: text(data, "actor"),
    act: "break_glass",
    what: `the guard, until ${text(data, "until")}`,
    reason: text(data, "reason"),
  })),
  "domain.software-development.integration.collision.found": noAct,
  "domain.software-development.platform.gap.found": noAct,
  "domain.software-development.platform.event.quarantined": noAct,
  "domain.software-development.platform.quarantine.decided": act((data) => ({
    who: text(data, "by"),
    act: `quarantine_${text(data, "decision")}`,
    what: join(text(data, "event_type") || "an unreadable entry", `${data.stream_id} for ${data.group}`),
  })),
  "domain.software-development.platform.delivery.disabled": noAct,
  "domain.software-development.platform.delivery.restored": noAct,
  "domain.software-development.notification.acted": act((data) => ({
    who: text(data, "by"),
    act: text(data, "action"),
    what: join(
      `notification ${text(data, "notification_id")}`,
      data.until === undefined ? "" : `until ${data.until}`,
    ),
    reason: text(data, "reason"),
  })),
};

/** The act that an event records; null where it is none. A user's own types are facts, and change nothing here. */
export function actOf({ event, streamId }: StoredEvent): AuditEntry | null {
  const rule = isOurs(event.type) ? auditRules[event.type] : noAct;
  if (rule.kind === "no_act") return null;
  const surface = surfaceOf(event.source);
  if (rule.kind === "act_by_hand" && (surface === "integrator" || surface === "daemon")) return null;
  const told = rule.tell(event.data, event);
  if (told === null) return null;
  const slug = event.data.slug;
  return {
    id: event.id,
    streamid: streamId,
    at: event.time,
    who: told.who === "" ? speakerOf(event.source) : told.who,
    surface: (rule.kind === "act" ? rule.surface : undefined) ?? surface,
    act: told.act,
    refused: told.refused ?? false,
    what: told.what,
    slug: typeof slug === "string" ? slug : null,
    reason: told.reason === undefined || told.reason === "" ? null : told.reason,
    type: event.type,
  };
}

/** Whether somebody is meant by this name: the whole of it, in whatever case. */
export function isBy({ who }: Pick<AuditEntry, "who">, wanted: string): boolean {
  return who.toLowerCase() === wanted.toLowerCase();
}

function isOurs(type: string): type is BuiltInType {
  return Object.hasOwn(auditRules, type);
}

/** `signalbox/<repository>/<surface>/<who>`. */
function surfaceOf(source: string): ActSurface | null {
  const parsed = surfaceSchema.safeParse(source.split("/")[2]);
  return parsed.success ? parsed.data : null;
}

function speakerOf(source: string): string {
  const name = source.split("/")[3] ?? "";
  try {
    return decodeURIComponent(name) || "somebody";
  } catch {
    return name;
  }
}

/** Most workers end by themselves; somebody ended the others, and said why. */
function sessionEnded(data: EventData): Told | null {
  const [, by, reason] = /^ended by (.+?): (.*)$/s.exec(text(data, "why")) ?? [];
  if (by === undefined) return null;
  const what = join(`session ${text(data, "session_id")}`, text(data, "slug"));
  return { who: by, act: "end_session", what, reason: reason ?? "" };
}

function mainMoved(data: EventData): Told {
  const from = text(data, "from").slice(0, 7);
  const opened = data.guard_opened === undefined ? "" : "while the guard stood open";
  const who = text(data, "by") || "somebody unknown";
  if (data.to === null) return { who, act: "delete_main", what: join(`main, at ${from}`, opened) };
  return {
    who,
    act: data.forced === true ? "rewrite_main" : "move_main",
    what: join(`main ${from === "" ? "" : `from ${from} `}to ${text(data, "to").slice(0, 7)}`, opened),
  };
}

function cutover(data: EventData): string {
  if (data.enabled !== true) return "off: the line only shadows";
  return data.parity_evidence_accepted === false ? "on, parity not accepted" : "on: the line lands";
}

function again({ attempt }: EventData): string {
  return typeof attempt === "number" && attempt > 1 ? `attempt ${attempt}` : "";
}

function at(data: EventData, field: string): string {
  const sha = text(data, field);
  return sha === "" ? "" : `at ${sha.slice(0, 7)}`;
}

function text(data: EventData, field: string): string {
  const value = data[field];
  return typeof value === "string" ? value : "";
}

function words(data: EventData, field: string): string {
  return text(data, field).replaceAll("_", " ");
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}
