/** `signalbox todo show SLUG`: what agents read instead of a state file. */

import { itemShape } from "../../../board/shape-item.ts";
import { openBus } from "../bus-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { slugAtDoor } from "../names-at-the-door.ts";
import { itemLines } from "../render/todo.ts";
import { markGroundOf, seeItem } from "../todo-context.ts";

/** One item: where it stands, its reviews with their findings, what may be marked next. */
export async function show(call: Invocation): Promise<number> {
  const slug = slugAtDoor(required(call, 0));
  await using bus = await openBus(call);
  const seen = await seeItem(markGroundOf(bus), slug);
  const shape = itemShape(seen, bus.workplace.config.limits.rounds);
  if (call.output.json) call.output.document(shape);
  else call.output.lines(itemLines(shape));
  return 0;
}
