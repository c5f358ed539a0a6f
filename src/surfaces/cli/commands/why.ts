/** `signalbox why SLUG`: one sentence, then the conditions. */

import { lookAt, readWhy } from "../../../board/read-why.ts";
import { openLine } from "../../../workplace.ts";
import { openBus } from "../bus-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { judgeOf, storesOf } from "../line-context.ts";
import { slugAtDoor } from "../names-at-the-door.ts";
import { whyLines } from "../render/candidates.ts";

/** What it waits for and who can act. A slug that no event names is wrong use. */
export async function why(call: Invocation): Promise<number> {
  const slug = slugAtDoor(required(call, 0));
  await using bus = await openBus(call);
  const look = async (slugs: ReadonlySet<string>) => {
    await using line = await openLine(bus.workplace);
    return lookAt(judgeOf(bus, line), slugs);
  };
  const answer = await readWhy({ ...bus, stores: storesOf(bus), look }, slug);
  if (call.output.json) call.output.document(answer);
  else call.output.lines(whyLines(answer));
  return 0;
}
