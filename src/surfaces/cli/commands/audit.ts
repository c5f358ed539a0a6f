/** `signalbox audit`: who decided what, when, and from where. */

import { readAudit } from "../../../board/read-audit.ts";
import { openBus } from "../bus-context.ts";
import type { Invocation } from "../invocation.ts";
import { auditLines } from "../render/audit.ts";
import { sourceOf } from "../source-context.ts";

/** Oldest first. */
export async function audit(call: Invocation): Promise<number> {
  const { options, output } = call;
  const [since, by, limit] = [options.text("since"), options.text("by"), options.count("limit")];
  await using bus = await openBus(call);
  const { items } = await readAudit(sourceOf(bus), {
    ...(since === null ? {} : { since }),
    ...(by === null ? {} : { by }),
    ...(limit === null ? {} : { limit }),
    onUnreadable: (streamId, reason) => output.note(`The entry ${streamId} cannot be read: ${reason}`),
  });
  if (output.json) output.document(items);
  else output.lines(auditLines(items));
  return 0;
}
