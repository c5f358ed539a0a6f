/** Pure. The JSON of single commands, as schemas; what several surfaces show is in shapes.ts. */
import { z } from "zod";

const nullableText = z.string().nullable();
const count = z.int().min(0);

/** `submit`. */
export const submitSchema = z.object({
  slug: z.string(),
  branch: z.string(),
  sha: z.string(),
  outcome: z
    .enum(["submitted", "waiting_for_review", "integrated", "blocked", "superseded"])
    .describe("submitted and waiting_for_review only without --wait"),
  position: z.int().nullable(),
  merge_commit: nullableText,
  main_sha: nullableText,
  reason: nullableText,
  next_action: nullableText,
  follow_up_slug: nullableText,
});
export type SubmitShape = z.infer<typeof submitSchema>;

/** `try`. */
export const trySchema = z.object({
  branch: z.string(),
  sha: z.string(),
  against: z.enum(["main", "queue"]),
  clean: z.boolean(),
  conflicts: z.array(
    z.object({ path: z.string(), kind: z.string(), ours: nullableText, theirs: nullableText }),
  ),
  tree: nullableText,
});
export type TryShape = z.infer<typeof trySchema>;

/** `reconcile`. */
export const reconcileSchema = z.object({
  dry_run: z.boolean(),
  repairs: z.array(z.object({ kind: z.string(), slug: nullableText, detail: z.string() })),
});
export type ReconcileShape = z.infer<typeof reconcileSchema>;

/** `verify`. */
export const verifySchema = z.object({
  from: z.string(),
  to: z.string(),
  landings: z.array(z.looseObject({ slug: z.string(), sha: z.string(), merge_commit: z.string() })),
  foreign: z.array(z.object({ commit: z.string(), author: z.string(), subject: z.string() })),
  mismatches: z.array(
    z.object({
      commit: z.string(),
      slug: z.string(),
      why: z.string(),
      checked: z.string(),
      tree: z.string(),
    }),
  ),
});
export type { Verification as VerifyShape } from "../integration/verify.ts";

/** `todo finalize`. */
export const finalizeSchema = z.object({
  slug: z.string(),
  branch: z.string(),
  sha: z.string(),
  attempt: z.int(),
  status: z
    .enum(["ready", "handed_over"])
    .describe("ready: pushed, and somebody has to hand it over; handed_over: it is the line's"),
  updated: z.boolean().describe("main was merged into the branch first"),
  position: z.int().nullable(),
  merge_commit: nullableText,
});
export type FinalizeShape = z.infer<typeof finalizeSchema>;

/** `migrate`. */
export const migrateSchema = z.object({
  dry_run: z.boolean(),
  items: z.array(
    z.object({
      slug: z.string(),
      branch: z.string(),
      sha: z.string(),
      worktree: nullableText,
      becomes: z.enum(["handed_over", "approved", "in_work", "delivered", "over", "known", "undecided"]),
      why: z.string(),
      next_action: nullableText,
      events: z.array(z.string()).describe("what was said, or (dry) would be: types without their domain"),
    }),
  ),
});
export type MigrateShape = z.infer<typeof migrateSchema>;

/** `cutover status`. */
export const cutoverSchema = z.object({
  mode: z
    .enum(["live", "shadow", "refused"])
    .describe("refused: it may neither land nor shadow, as configured"),
  enabled: z.boolean(),
  parity_evidence_accepted: z.boolean(),
  rollback_on_incomplete_parity: z.boolean(),
  why: z.string(),
  by: nullableText.describe("who decided it last; null where it is as the configuration began"),
  at: nullableText,
  reason: nullableText,
  evidence: nullableText.describe("digest of the accepted parity report"),
});
export type CutoverShape = z.infer<typeof cutoverSchema>;

/** `parity`. */
export const paritySchema = z.object({
  merges: count,
  identical: count,
  both_conflict: count,
  differs: z.array(z.object({ commit: z.string(), paths: z.array(z.string()), why: z.string() })),
  accepted: z.boolean().describe("parity is accepted, by whatever evidence"),
  is_evidence: z.boolean().describe("this very report is the accepted evidence"),
  digest: z.string(),
  share: z
    .number()
    .nullable()
    .describe(
      "of identical ones among those that the integrator would have landed; null where there are none",
    ),
  seconds: z.number().describe("what git took for all of them, in processes"),
  from: nullableText,
  to: nullableText,
  shadow: z.object({
    decided: count,
    agreed: count,
    differs: z.array(z.object({ slug: z.string(), sha: z.string(), commit: z.string(), why: z.string() })),
    waiting: count,
  }),
});
export type ParityShape = z.infer<typeof paritySchema>;

/** `guard status`. */
export const guardsSchema = z.object({
  mode: z.enum(["refuse", "warn"]).describe("warn while the cutover is off"),
  hook: z.object({
    state: z.enum(["on", "absent", "silenced"]),
    way: z.enum(["hooks_folder", "hooks_path"]),
    chained: nullableText.describe("the hook that was there before, and still runs"),
    why: nullableText,
    unguarded_worktrees: z.array(z.string()).describe("worktrees in which git runs no hook of ours"),
  }),
  wrappers: z.object({ state: z.enum(["on", "outdated", "absent"]), folder: z.string() }),
});
export type GuardsShape = z.infer<typeof guardsSchema>;
