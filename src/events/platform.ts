/** What the event platform says about itself, and what people do with notifications. */
import { z } from "zod";
import { defineEvent } from "./definition.ts";
import { actor, code, count, line, text, time } from "./fields.ts";
import { inDomain } from "./software-development.ts";

const streamId = z.string().regex(/^\d{1,20}-\d{1,20}$/);

export const gapFound = inDomain("platform.gap.found");
export const eventQuarantined = inDomain("platform.event.quarantined");
export const quarantineDecided = inDomain("platform.quarantine.decided");
export const deliveryDisabled = inDomain("platform.delivery.disabled");
export const deliveryRestored = inDomain("platform.delivery.restored");

/** What is told of one target of one surface. */
const deliveryGroup = (data: { surface: string; target: string }) =>
  `delivery/${data.surface}/${data.target}`;

/** How the log was found not to be whole. */
export const gapKinds = ["missing", "new_epoch", "went_back", "lost_tail"] as const;

export const platform = [
  defineEvent({
    type: gapFound,
    summary: "Events are missing from the log, or it is another log than before.",
    level: "business",
    reserved: true,
    schema: z.strictObject({
      kind: z.enum(gapKinds),
      epoch: line(64).nullable(),
      expected_epoch: line(64).nullable(),
      /** The sequence numbers that were expected and found; `null` where there is none. */
      expected_sequence: count.nullable(),
      found_sequence: count.nullable(),
      found_at: time.optional(),
    }),
    idempotency: "content",
    notification: {
      group: () => "platform/gap",
      groupFields: [],
      effect: "creates",
      needsAttention: true,
      meaningful: ["epoch", "expected_sequence", "found_sequence"],
      title: () => "Events are missing from the log",
      body: (data) =>
        data.kind === "new_epoch"
          ? "Redis came back with another log than before; reconciliation has been started."
          : `Expected event ${data.expected_sequence ?? "?"}, found ${data.found_sequence ?? "none"}; reconciliation has been started.`,
    },
  }),
  defineEvent({
    type: eventQuarantined,
    summary: "A callback could not handle an event; it was set aside and the rest flows on.",
    level: "business",
    reserved: true,
    schema: z.strictObject({
      stream_id: streamId,
      group: line(100),
      event_type: line(200).nullable(),
      reason: text.min(1),
      attempts: count,
      quarantined_at: time.optional(),
    }),
    idempotency: "content",
    notification: {
      group: (data) => `platform/quarantine/${data.group}`,
      groupFields: ["group"],
      effect: "creates",
      needsAttention: true,
      meaningful: ["stream_id"],
      title: (data) => `${data.group} could not handle an event`,
      body: (data) =>
        `${data.event_type ?? "An unreadable entry"} (${data.stream_id}) is in quarantine: ${data.reason}`,
      actions: ["retry", "drop"],
    },
  }),
  defineEvent({
    type: quarantineDecided,
    summary: "Somebody decided about an event in quarantine: its callback takes it again, or never will.",
    level: "operational",
    visibility: "local",
    reserved: true,
    schema: z.strictObject({
      stream_id: streamId,
      group: line(100),
      event_type: line(200).nullable(),
      decision: z.enum(["retry", "drop"]),
      by: actor,
      decided_at: time.optional(),
    }),
    idempotency: "each",
  }),
  defineEvent({
    type: deliveryDisabled,
    summary:
      "Nothing is sent to a target any more: it does not take messages, or cannot be reached as configured.",
    level: "business",
    reserved: true,
    schema: z.strictObject({
      surface: code,
      target: line(200),
      why: text.min(1),
      disabled_at: time.optional(),
    }),
    idempotency: "each",
    notification: {
      group: deliveryGroup,
      groupFields: ["surface", "target"],
      effect: "creates",
      needsAttention: true,
      meaningful: ["why"],
      title: (data) => `Nothing is sent to ${data.surface}:${data.target} any more`,
      body: (data) =>
        `${data.why}. When that is mended: signalbox notify test ${data.surface}:${data.target}`,
    },
  }),
  defineEvent({
    type: deliveryRestored,
    summary: "A target that was disabled takes messages again.",
    level: "business",
    reserved: true,
    schema: z.strictObject({ surface: code, target: line(200), restored_at: time.optional() }),
    idempotency: "each",
    notification: {
      group: deliveryGroup,
      groupFields: ["surface", "target"],
      effect: "resolves",
      title: (data) => `${data.surface}:${data.target} is sent to again`,
      body: () => "What it missed follows.",
    },
  }),
  defineEvent({
    type: inDomain("notification.acted"),
    summary: "Somebody did something with a notification.",
    level: "operational",
    visibility: "local",
    schema: z.strictObject({
      notification_id: line(100),
      /** The version acted on: a later repetition of the same act is a new one. */
      version: count,
      action: z.enum(["see", "unsee", "claim", "release", "resolve", "snooze"]),
      by: actor,
      reason: text.optional(),
      until: time.optional(),
      acted_at: time.optional(),
    }),
    idempotency: "content",
  }),
] as const;
