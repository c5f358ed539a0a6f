/** `signalbox events quarantine list|retry|drop`. */
import { type Decider, openQuarantine } from "../../../events/quarantine.ts";
import { styled } from "../../text.ts";
import { type Bus, openBus, writerOf } from "../bus-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { table } from "../table.ts";

/** What callbacks could not take, oldest first. */
export async function list(call: Invocation): Promise<number> {
  await using bus = await openBus(call);
  const records = await openQuarantine(bus).list();
  if (call.output.json) {
    call.output.document(records);
    return 0;
  }
  if (records.length === 0) {
    call.output.line("Nothing is in quarantine.");
    return 0;
  }
  const columns = [
    { title: "id" },
    { title: "callback" },
    { title: "type" },
    { title: "tries", align: "right" as const },
    { title: "reason", flexible: true },
  ];
  const rows = records.map(({ id, group, type, attempts, reason }) => [
    id,
    group,
    type ?? "?",
    String(attempts),
    reason,
  ]);
  call.output.lines(table(columns, rows, call.output.width));
  return 0;
}

/** The callback takes it again at its next look. */
export async function retry(call: Invocation): Promise<number> {
  await using bus = await openBus(call);
  const record = await openQuarantine(bus).retry(required(call, 0), deciderOn(bus));
  if (call.output.json) call.output.document(record);
  else call.output.line(styled("strong", record.group), ` takes ${record.id} again.`);
  return 0;
}

/** The callback will never handle it; the event stays in the log. */
export async function drop(call: Invocation): Promise<number> {
  await using bus = await openBus(call);
  const record = await openQuarantine(bus).drop(required(call, 0), deciderOn(bus));
  if (call.output.json) call.output.document(record);
  else
    call.output.line(
      `${record.id} was given up for `,
      styled("strong", record.group),
      "; it stays in the log.",
    );
  return 0;
}

function deciderOn(bus: Bus): Decider {
  return { writer: writerOf(bus, "platform"), by: bus.actor };
}
