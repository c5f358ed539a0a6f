/** `signalbox doctor`: everything the line depends on, each with its cure. */
import { examine } from "../../../board/examine.ts";
import { openBus } from "../bus-context.ts";
import { workplaceOf } from "../clone-context.ts";
import type { Invocation } from "../invocation.ts";
import { doctorLines } from "../render/doctor.ts";

/** Exits 1 where something is in error; warnings are 0. */
export async function doctor(call: Invocation): Promise<number> {
  const checks = await examine({
    variables: call.environment.variables,
    openWorkplace: () => workplaceOf(call),
    openGround: () => openBus(call),
  });
  const isWell = checks.every(({ level }) => level !== "error");
  if (call.output.json) call.output.document({ ok: isWell, checks });
  else call.output.lines(doctorLines({ ok: isWell, checks }));
  return isWell ? 0 : 1;
}
