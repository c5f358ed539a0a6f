/** Pure. The follow-up of a blocked candidate as `--json` shows it: the record itself, whose names are made for that. */
import { z } from "zod";
import type { FollowUp } from "../integration/follow-up.ts";

const sideSchema = z.object({
  mode: z.string(),
  id: z.string(),
  excerpt: z.string().nullable().describe("the text with its conflict; null where it is binary or too large"),
});

/** `follow-up`. */
export const followUpSchema = z.object({
  candidate: z.object({ slug: z.string(), branch: z.string(), sha: z.string() }),
  follow_up_slug: z.string(),
  status: z.enum(["open", "resolved"]),
  attempt: z.int().describe("the newest attempt that was blocked"),
  reason: z.string().describe("a code; docs/errors.md has them all"),
  opened_at: z.string(),
  blocked_at: z.string(),
  resolved_at: z.string().nullable(),
  evidence: z.array(
    z.object({
      path: z.string(),
      kind: z.string(),
      message: z.string(),
      ours: sideSchema.nullable().describe("main's side"),
      theirs: sideSchema.nullable().describe("the branch's side"),
      main_commits: z
        .array(z.string())
        .describe("commits on main that changed the path since the branch left it"),
    }),
  ),
  diagnostics: z.array(z.string()),
  next_action: z.string(),
  requirements: z.string().describe("Markdown: why it is blocked, the evidence, and when it is done"),
  plan: z.string().describe("Markdown: how to get there, step by step"),
});
export type FollowUpShape = z.infer<typeof followUpSchema>;

/**
 * The follow-up that counts for a name, which is a candidate's slug or the follow-up's own: an open one before a resolved
 * one, then the one that was blocked last. Null where there is none.
 */
export function followUpNamed(all: readonly FollowUp[], name: string): FollowUpShape | null {
  const own = all.filter(
    ({ candidate, follow_up_slug }) => candidate.slug === name || follow_up_slug === name,
  );
  const rank = ({ status, blocked_at }: FollowUp) => `${status === "open" ? 1 : 0}${blocked_at}`;
  return own.reduce<FollowUp | null>(
    (best, each) => (best === null || rank(each) > rank(best) ? each : best),
    null,
  );
}
