/** Who works here, or has: read from the private folder, also where Redis is away. */
import { listSessions, type SessionsPlace } from "../orchestration/sessions/find-sessions.ts";
import { isOpen } from "../orchestration/sessions/session.ts";
import { logSizes } from "../orchestration/sessions/tail-session.ts";
import { readIntegrators } from "./process-file.ts";
import { integratorShape, sessionShape } from "./shape-session.ts";
import type { SessionShape } from "./shapes.ts";

/**
 * Oldest first; the integrators that run at the end. With `all` those that have ended, too; with a slug its workers
 * alone.
 */
export async function readSessions(
  place: Pick<SessionsPlace, "privateDir">,
  { all, slug = null }: { all: boolean; slug?: string | null },
): Promise<SessionShape[]> {
  const wanted = (await listSessions(place)).filter(
    (session) => (all || isOpen(session)) && (slug === null || session.slug === slug),
  );
  const shapes = await Promise.all(
    wanted.map(async (session) => sessionShape(session, await logSizes(place, session.id))),
  );
  if (slug !== null) return shapes;
  const integrators = await readIntegrators(place.privateDir);
  return [...shapes, ...integrators.map(integratorShape)];
}
