/** `signalbox sessions list`: who works. Read from the private folder: it answers also where Redis is away. */

import { readIntegrators } from "../../../board/process-file.ts";
import { integratorShape, sessionShape } from "../../../board/shape-session.ts";
import { wallMs } from "../../../clock.ts";
import { listSessions } from "../../../orchestration/sessions/find-sessions.ts";
import { isOpen } from "../../../orchestration/sessions/session.ts";
import { logSizes } from "../../../orchestration/sessions/tail-session.ts";
import { workplaceOf } from "../clone-context.ts";
import type { Invocation } from "../invocation.ts";
import { slugAtDoor } from "../names-at-the-door.ts";
import { sessionLines } from "../render/sessions.ts";
import { sessionsPlaceOf } from "../session-context.ts";

/** Oldest first; the integrators that run at the end. */
export async function list(call: Invocation): Promise<number> {
  const named = call.options.text("slug");
  const slug = named === null ? null : slugAtDoor(named);
  const workplace = await workplaceOf(call);
  const place = sessionsPlaceOf(workplace, null);
  const sessions = (await listSessions(place)).filter(
    (session) => (call.options.flag("all") || isOpen(session)) && (slug === null || session.slug === slug),
  );
  const shapes = await Promise.all(
    sessions.map(async (session) => sessionShape(session, await logSizes(place, session.id))),
  );
  if (slug === null) shapes.push(...(await readIntegrators(workplace.privateDir)).map(integratorShape));
  if (call.output.json) call.output.document(shapes);
  else call.output.lines(sessionLines(shapes, call.output.width, wallMs()));
  return 0;
}
