/** What may not land whatever a reviewer said: too large, or unsafe to check out somewhere. */
import type { Config } from "../../config.ts";
import type { NewObjects } from "../../git/history.ts";
import type { LineRepository } from "../../git/line-repository.ts";
import { pathProblems } from "../../git/safety.ts";
import type { Outcome } from "../delivery.ts";
import type { ReasonCode } from "../reasons.ts";

export type LandingQuestion = { main: string; tree: string; brought: NewObjects };

/** Looks at what would change on main, and at what the branch brings in; null where all is well. */
export async function landingProblem(
  line: LineRepository,
  { main, tree, brought }: LandingQuestion,
  limits: Config["limits"],
): Promise<Extract<Outcome, { kind: "blocked" }> | null> {
  const changed = await line.changedPaths(main, tree, limits.files + 1);
  if (changed.length > limits.files)
    return blocked("too_large", `it changes more than ${limits.files} files`, []);
  if (brought.exceeded || brought.bytes > limits.bytes)
    return blocked("too_large", `it brings in more than ${limits.bytes} bytes of new objects`, []);
  const [problem] = pathProblems(changed, {
    submodules: limits.submodules === "allow",
    symlinks: limits.symlinks === "allow",
  });
  return problem === undefined ? null : blocked(problem.code, problem.message, problem.paths);
}

function blocked(
  reason: ReasonCode,
  detail: string,
  paths: readonly string[],
): Extract<Outcome, { kind: "blocked" }> {
  return { kind: "blocked", reason, detail, evidence: { conflicts: [], diagnostics: [detail, ...paths] } };
}
