/** `signalbox notifications see|unsee|claim|release|resolve|snooze ID`. */
import { notificationShape } from "../../../board/shape-notification.ts";
import { isoTime, parseTimeMs, wallMs } from "../../../clock.ts";
import { parseDurationMs } from "../../../config/units.ts";
import { badInput } from "../../../errors.ts";
import type { Action } from "../../../notifications/acts.ts";
import { styled } from "../../text.ts";
import { openBus } from "../bus-context.ts";
import type { Run } from "../command-spec.ts";
import { inboxOf } from "../inbox-context.ts";
import { required } from "../invocation.ts";
import { notificationLines } from "../render/inbox.ts";

const hourMs = 3_600_000;

/** The command of one action. It answers when the act has been applied, or says that it will be. */
export function act(action: Action): Run {
  return async (call) => {
    const id = required(call, 0);
    const until = action === "snooze" ? snoozeUntil(call.options.text("until")) : null;
    await using bus = await openBus(call);
    const reason = call.options.text("reason");
    const outcome = await inboxOf(bus).act({
      id,
      action,
      by: bus.actor,
      ...(reason === null ? {} : { reason }),
      ...(until === null ? {} : { until }),
    });
    const shape = notificationShape(outcome.notification);
    if (outcome.kind === "noted")
      call.output.note(styled("warn", "Noted: "), "it will be applied as soon as the daemon runs.");
    if (call.output.json) call.output.document(shape);
    else call.output.lines(notificationLines([shape], wallMs()));
    return 0;
  };
}

/** A time, or how long from now. */
function snoozeUntil(given: string | null): string {
  if (given === null) return isoTime(wallMs() + hourMs);
  const forMs = parseDurationMs(given);
  if (forMs !== null) return isoTime(wallMs() + forMs);
  const atMs = parseTimeMs(given);
  if (atMs !== null) return isoTime(atMs);
  throw badInput("bad_time", `${given} is neither a time nor a duration.`, {
    cure: "Such as --until 4h, or --until 2027-01-31T09:00:00Z.",
    problems: [{ path: "until", message: "is neither a time nor a duration" }],
  });
}
