/** `signalbox follow-up SLUG`: all that is needed to unblock a candidate. */
import { followUpNamed } from "../../../board/shape-follow-up.ts";
import { unknownSlug } from "../../../board/unknown-slug.ts";
import { openBus } from "../bus-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { storesOf } from "../line-context.ts";
import { slugAtDoor } from "../names-at-the-door.ts";
import { followUpLines } from "../render/follow-up.ts";

/** Null where it was never blocked. A slug that no event names is wrong use. */
export async function followUp(call: Invocation): Promise<number> {
  const slug = slugAtDoor(required(call, 0));
  await using bus = await openBus(call);
  const stores = storesOf(bus);
  const found = followUpNamed(await stores.followUps.all(), slug);
  if (found === null && (await stores.readiness.state(slug)) === null) throw await unknownSlug(stores, slug);
  if (call.output.json) call.output.document(found);
  else call.output.lines(followUpLines(slug, found));
  return 0;
}
