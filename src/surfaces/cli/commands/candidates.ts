/** `signalbox candidates`: readiness, condition by condition. */

import { lookAt } from "../../../board/read-why.ts";
import { openLine } from "../../../workplace.ts";
import { openBus } from "../bus-context.ts";
import type { Invocation } from "../invocation.ts";
import { judgeOf } from "../line-context.ts";
import { slugAtDoor } from "../names-at-the-door.ts";
import { candidateLines } from "../render/candidates.ts";

/** All candidates, or those of one slug, judged now; newest of a slug first. */
export async function candidates(call: Invocation): Promise<number> {
  const asked = call.args[0] ?? null;
  const slugs = asked === null ? null : new Set([slugAtDoor(asked)]);
  await using bus = await openBus(call);
  await using line = await openLine(bus.workplace);
  const shapes = await lookAt(judgeOf(bus, line), slugs);
  if (call.output.json) call.output.document(shapes);
  else call.output.lines(candidateLines(shapes));
  return 0;
}
