/** `signalbox todo list`. */

import { itemRow } from "../../../board/shape-item.ts";
import { wallMs } from "../../../clock.ts";
import { openBus } from "../bus-context.ts";
import type { Invocation } from "../invocation.ts";
import { itemRowLines } from "../render/todo.ts";
import { markGroundOf, seeItems } from "../todo-context.ts";

/** The items in work, in the order of their beginning; with `--all` also what was delivered or dropped. */
export async function list(call: Invocation): Promise<number> {
  await using bus = await openBus(call);
  const all = (await seeItems(markGroundOf(bus))).map(itemRow);
  const isOver = ({ standing }: (typeof all)[number]) => standing === "delivered" || standing === "dropped";
  const shown = call.options.flag("all") ? all : all.filter((item) => !isOver(item));
  if (call.output.json) call.output.document(shown);
  else call.output.lines(itemRowLines(shown, call.output.width, wallMs()));
  return 0;
}
