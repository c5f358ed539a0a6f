/** The cutover as a command sees it, over its connection. */
import { type CutoverPlace, cutoverPlace } from "../../guards/cutover-store.ts";
import type { Bus } from "./bus-context.ts";

export function cutoverAt({ workplace, keys, redis }: Bus): CutoverPlace {
  return cutoverPlace(workplace, keys.control, redis);
}
