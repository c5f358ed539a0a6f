/** `signalbox audit`: who decided what, when, and from where. */

import { readAudit } from "../../../board/read-audit.ts";
import { catalogWith } from "../../../events/catalog-with.ts";
import { openBus } from "../bus-context.ts";
import type { Invocation } from "../invocation.ts";
import { auditLines } from "../render/audit.ts";

/** Oldest first. */
export async function audit(call: Invocation): Promise<number> {
  const { options, output } = call;
  const [since, by, limit] = [options.text("since"), options.text("by"), options.count("limit")];
  await using bus = await openBus(call);
  const source = { redis: bus.redis, keys: bus.keys, catalog: catalogWith(bus.workplace.config.events) };
  const { items } = await readAudit(source, {
    ...(since === null ? {} : { since }),
    ...(by === null ? {} : { by }),
    ...(limit === null ? {} : { limit }),
    onUnreadable: (streamId, reason) => output.note(`The entry ${streamId} cannot be read: ${reason}`),
  });
  if (output.json) output.document(items);
  else output.lines(auditLines(items));
  return 0;
}
