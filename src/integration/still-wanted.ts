/** The last look before the push: has the candidate been superseded, revoked or withdrawn while it was being checked? */
import type { Candidate } from "./candidate.ts";
import type { Delivery, Outcome } from "./delivery.ts";
import type { ReadinessReader } from "./readiness-projection.ts";
import { factOf } from "./slug-state.ts";

/** The outcome that ends the delivery, or its push of several; null where all are still wanted. No git, a read each. */
export async function stillWanted(
  readiness: ReadinessReader,
  delivery: Extract<Delivery, { phase: "checked" }>,
): Promise<Outcome | null> {
  const { candidate, followers } = delivery;
  const [own, ...theirs] = await Promise.all(
    [candidate, ...followers.map((one) => one.candidate)].map((one) => unwanted(readiness, one)),
  );
  if (own != null) return own;
  const at = theirs.findIndex((one) => one !== null);
  if (at < 0) return null;
  const detail = `${followers[at]?.candidate.slug} is not to land any more`;
  return { kind: "start_over", detail, alone: false };
}

async function unwanted(
  readiness: ReadinessReader,
  candidate: Candidate,
): Promise<Extract<Outcome, { kind: "superseded" | "blocked" }> | null> {
  const state = await readiness.state(candidate.slug);
  if (state === null) return null;
  const newest = state.finalized.at(-1);
  if (newest !== undefined && (newest.sha !== candidate.sha || newest.branch !== candidate.branch))
    return { kind: "superseded", by: { branch: newest.branch, sha: newest.sha } };
  const revoked = state.approval?.revoked ?? null;
  if (revoked !== null)
    return blocked("review_revoked", `the approval was revoked by ${revoked.by}: ${revoked.reason}`);
  const withdrawn = factOf(state, candidate)?.withdrawn ?? null;
  if (withdrawn !== null) return blocked("withdrawn", `withdrawn by ${withdrawn.by}: ${withdrawn.reason}`);
  return null;
}

function blocked(
  reason: "review_revoked" | "withdrawn",
  detail: string,
): Extract<Outcome, { kind: "blocked" }> {
  return { kind: "blocked", reason, detail, evidence: { conflicts: [], diagnostics: [detail] } };
}
