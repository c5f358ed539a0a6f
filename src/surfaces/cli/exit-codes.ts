/** What each exit status means, for help and the reference. */
import { exitCodes } from "../../errors.ts";

export const exitMeanings: readonly (readonly [code: number, meaning: string])[] = [
  [0, "done"],
  [exitCodes.failed, "it failed"],
  [exitCodes.bad_input, "wrong use or bad input; nothing was changed"],
  [exitCodes.not_ready, "blocked or not ready: a no of the domain, with its reason"],
  [exitCodes.refused, "refused: guard or authorization"],
  [exitCodes.unavailable, "the daemon or Redis cannot be reached"],
  [exitCodes.temporary, "temporary: try again"],
];
