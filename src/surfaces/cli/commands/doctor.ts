/** `signalbox doctor`: everything the line depends on, each with its cure. */
import { doctorShape } from "../../../board/doctor-findings.ts";
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
  const shape = doctorShape(checks);
  if (call.output.json) call.output.document(shape);
  else call.output.lines(doctorLines(shape));
  return shape.ok ? 0 : 1;
}
