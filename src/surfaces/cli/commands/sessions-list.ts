/** `signalbox sessions list`: who works. Read from the private folder: it answers also where Redis is away. */

import { readSessions } from "../../../board/read-sessions.ts";
import { wallMs } from "../../../clock.ts";
import { workplaceOf } from "../clone-context.ts";
import type { Invocation } from "../invocation.ts";
import { slugAtDoor } from "../names-at-the-door.ts";
import { sessionLines } from "../render/sessions.ts";

/** Oldest first; the integrators that run at the end. */
export async function list(call: Invocation): Promise<number> {
  const named = call.options.text("slug");
  const slug = named === null ? null : slugAtDoor(named);
  const workplace = await workplaceOf(call);
  const shapes = await readSessions(workplace, { all: call.options.flag("all"), slug });
  if (call.output.json) call.output.document(shapes);
  else call.output.lines(sessionLines(shapes, call.output.width, wallMs()));
  return 0;
}
