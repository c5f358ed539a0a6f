/** Whether the line may land, as the cutover says: asked before a candidate is taken and before it is pushed. (Types.) */
import type { Failure } from "../errors.ts";
import type { Guard } from "../events/atomic-write.ts";

export type Permission = {
  /** Main is ours to move. */
  live: boolean;
  /** One sentence: why it is so. */
  why: string;
  /** Where it is not live: what keeps it from shadowing, too. */
  refusal: Failure | null;
  /** Holds a write to it: a decision that comes in between wins. */
  guard: Guard;
};

export type AskPermission = () => Promise<Permission>;
