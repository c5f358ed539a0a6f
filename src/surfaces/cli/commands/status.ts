/** `signalbox status`: the board in short. Asks nothing of the remote, so it is as quick as Redis. */
import { readStatus } from "../../../board/read-status.ts";
import { wallMs } from "../../../clock.ts";
import { openBus } from "../bus-context.ts";
import type { Invocation } from "../invocation.ts";
import { statusLines } from "../render/status.ts";

/** Exits 0 whatever it reports; 69 where Redis cannot be reached. */
export async function status(call: Invocation): Promise<number> {
  await using bus = await openBus(call);
  const board = await readStatus(bus);
  if (call.output.json) call.output.document(board);
  else call.output.lines(statusLines(board, wallMs()));
  return 0;
}
