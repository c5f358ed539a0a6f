/** `signalbox cutover status|enable|disable|accept-parity`: whether the line lands, who decided it, and why. */

import { cutoverAt } from "../../../board/ground.ts";
import { cutoverShape } from "../../../board/shape-cutover.ts";
import { badInput } from "../../../errors.ts";
import { changeCutover, readCutover } from "../../../guards/cutover-store.ts";
import { readParityReport } from "../../../guards/parity-records.ts";
import { type Bus, openBus, writerOf } from "../bus-context.ts";
import { refuseWorkersAtGuards } from "../fence-context.ts";
import type { Invocation } from "../invocation.ts";
import { reasonOf } from "../reason.ts";
import { cutoverLines } from "../render/cutover.ts";

/** What holds, since when, by whom. Exits 0 whatever it reports. */
export async function status(call: Invocation): Promise<number> {
  await using bus = await openBus(call);
  const shape = cutoverShape(await readCutover(cutoverAt(bus)));
  if (call.output.json) call.output.document(shape);
  else call.output.lines(cutoverLines(shape));
  return 0;
}

/** From now on the integrator lands, where parity is accepted. */
export async function enable(call: Invocation): Promise<number> {
  refuseWorkersAtGuards(call);
  const reason = reasonOf(call);
  await using bus = await openBus(call);
  return await change(call, bus, { enabled: true, reason });
}

/** From now on the line only shadows. What is in hand goes back into the queue; a push under way is finished. */
export async function disable(call: Invocation): Promise<number> {
  refuseWorkersAtGuards(call);
  const reason = reasonOf(call);
  await using bus = await openBus(call);
  return await change(call, bus, { enabled: false, reason });
}

/** Takes the last parity report as evidence. Throws `no_parity_report` (2) where none was made here. */
export async function acceptParity(call: Invocation): Promise<number> {
  refuseWorkersAtGuards(call);
  await using bus = await openBus(call);
  const report = await readParityReport(bus.workplace.privateDir);
  if (report === null)
    throw badInput("no_parity_report", "There is no parity report yet that could be accepted.", {
      cure: "signalbox parity",
    });
  const { merges, identical, both_conflict: conflicts, differs, digest } = report;
  const counted = `${identical} of ${merges} merges identical, ${conflicts} conflict, ${differs.length} differ`;
  const reason = call.options.text("reason")?.trim() || counted;
  return await change(call, bus, { parity_evidence_accepted: true, evidence: digest, reason });
}

type Wanted = { enabled?: boolean; parity_evidence_accepted?: boolean; evidence?: string; reason: string };

async function change(call: Invocation, bus: Bus, wanted: Wanted): Promise<number> {
  const writer = writerOf(bus, "platform");
  const { changed, cutover } = await changeCutover(cutoverAt(bus), writer, { ...wanted, by: bus.actor });
  const shape = cutoverShape(cutover);
  if (call.output.json) call.output.document({ ...shape, changed });
  else {
    if (!changed) call.output.note("It was so already; nothing was changed.");
    call.output.lines(cutoverLines(shape));
  }
  return 0;
}
