/** Which notification an agent means. */
import { z } from "zod";
import { notificationSchema } from "../../board/shapes.ts";
import { badInput } from "../../errors.ts";
import type { Ask } from "./offer.ts";

/**
 * The id: as given, or of what is open about the slug. Agents know their slug, and hardly an id. Throws a Failure:
 * `notification_unnamed` where neither or both are given, `notification_unknown` where nothing is open about the slug.
 */
export async function notificationOf(
  { id, slug }: { id?: string | undefined; slug?: string | undefined },
  ask: Ask,
): Promise<string> {
  if ((id === undefined) === (slug === undefined))
    throw badInput("notification_unnamed", "Give either a slug or an id.", { cure: "inbox shows the ids." });
  if (id !== undefined) return id;
  const all = z.array(notificationSchema).parse((await ask(["notifications", "list"])).document);
  const found =
    all.find(({ group }) => group === `deployment/${slug}`) ??
    all.find(({ group }) => group.endsWith(`/${slug}`));
  if (found !== undefined) return found.id;
  throw badInput("notification_unknown", `Nothing is open about ${slug}.`, {
    cure: `why tells what ${slug} waits for.`,
  });
}
