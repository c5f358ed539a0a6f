/** Told from a fault of the candidate: Redis or the remote could not be reached, and may be back at the next try. Pure. */
import { isFailure } from "../errors.ts";

/** Nobody is to be blamed for this, and trying the next candidate would meet it again. */
export function isWorldAway(error: unknown): boolean {
  return isFailure(error) && (error.kind === "unavailable" || error.kind === "temporary");
}
