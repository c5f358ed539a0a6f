/** `signalbox why SLUG`: one sentence, then the conditions. */

import { readPaused, readQueueItem } from "../../../board/queue-view.ts";
import { readShadow } from "../../../board/shadow-view.ts";
import { candidateShape } from "../../../board/shape-candidates.ts";
import { unknownSlug } from "../../../board/unknown-slug.ts";
import { whyShape } from "../../../board/why-sentence.ts";
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
  const stores = storesOf(bus);
  const [item, paused, shadow, state] = await Promise.all([
    readQueueItem(stores, slug),
    readPaused(stores),
    readShadow(bus),
    stores.readiness.state(slug),
  ]);
  if (item === null && state === null) throw await unknownSlug(stores, slug);
  await using line = await openLine(bus.workplace);
  const judged = await judgeOf(bus, line).look(new Set([slug]));
  const newest = judged.at(-1)?.judgement ?? null;
  const approved = state?.approval?.revoked === null;
  const candidate = newest === null ? null : candidateShape(newest);
  const answer = whyShape({ slug, item, candidate, known: true, approved, paused, shadow });
  if (call.output.json) call.output.document(answer);
  else call.output.lines(whyLines(answer));
  return 0;
}
