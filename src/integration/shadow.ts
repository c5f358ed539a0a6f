/**
 * The integrator in shadow: does with every queued candidate what it would do, up to the push, and records it.
 *
 * It holds no lease, so it cannot push: `hands/push.ts` asks for a proof that nobody here has. Nothing of a candidate
 * changes: it stays queued, at its place, and is judged as ever. Each is decided about once for a main, alone on top of
 * it, because what others make of main next is theirs to choose. Doing it twice changes nothing, so two at once only work
 * in vain.
 */
import { randomUUID } from "node:crypto";
import { wallMs } from "../clock.ts";
import { describeError } from "../errors.ts";
import { step } from "../events/step.ts";
import type { LineRepository } from "../git/line-repository.ts";
import type { Candidate } from "./candidate.ts";
import { advance, type Delivery, type Outcome, picked } from "./delivery.ts";
import { headOf, wanted } from "./facts.ts";
import { runChecks } from "./hands/check.ts";
import type { Refs } from "./hands/fresh-refs.ts";
import { type MergeOptions, mergeCandidate } from "./hands/merge.ts";
import { keptName } from "./hands/tidy.ts";
import type { SessionEnd } from "./integrator.ts";
import type { QueueItem } from "./queue.ts";
import type { ReadinessReader } from "./readiness-projection.ts";
import type { SessionLog } from "./session-ports.ts";
import { stillWanted } from "./still-wanted.ts";
import type { ShadowDecision, ShadowStore } from "./stores/shadow-store.ts";
import { isWorldAway } from "./world-away.ts";

export type ShadowParts = {
  line: LineRepository;
  main: string;
  shadow: ShadowStore;
  readiness: ReadinessReader;
  merging: Omit<MergeOptions, "ahead">;
  /** Those that might be taken now, in their order. */
  takeable(): Promise<QueueItem[]>;
  log: SessionLog;
  /** Ends after so many candidates. */
  limit: number;
};

export type ShadowResult = { end: SessionEnd; shadowed: number; detail: string | null };

/** Fetched in one call. */
const atOnce = 100;

/** Decides about every candidate that was not decided about with main as it is. `stop` ends it between two. */
export async function runShadow(parts: ShadowParts, stop: AbortSignal): Promise<ShadowResult> {
  const { limit } = parts;
  let shadowed = 0;
  for (;;) {
    const seen = await undecided(parts);
    if (seen.kind === "remote_away") return { end: "remote_away", shadowed, detail: seen.detail };
    if (seen.items.length === 0) return { end: "drained", shadowed, detail: null };
    for (const item of seen.items) {
      if (stop.aborted) return { end: "stopped", shadowed, detail: null };
      if (shadowed >= limit) return { end: "limit_reached", shadowed, detail: null };
      const decision = await step("shadow.decide", () => decide(parts, item, seen.refs));
      if (decision === null) return { end: "remote_away", shadowed, detail: "a branch could not be fetched" };
      await step("shadow.record", () => parts.shadow.record(decision));
      parts.log.info({ ...decision.candidate, outcome: decision.outcome }, `In shadow: ${decision.detail}`);
      shadowed++;
    }
  }
}

type Undecided = { kind: "seen"; items: QueueItem[]; refs: Refs } | { kind: "remote_away"; detail: string };

/** The next that were not decided about with main as the remote has it, with their refs. */
async function undecided({ line, main, shadow, takeable }: ShadowParts): Promise<Undecided> {
  const ref = headOf(main);
  const asked = await line.lsRemote([ref]);
  if (asked.kind === "remote_away") return asked;
  const sha = asked.refs.get(ref);
  if (sha === undefined) return { kind: "remote_away", detail: `the remote has no branch ${main}` };
  const items = await takeable();
  const records = await shadow.of(items);
  const open = items.filter((_, at) => records[at]?.main !== sha).slice(0, atOnce);
  if (open.length === 0) return { kind: "seen", items: [], refs: new Map() };
  const names = new Set([ref, ...open.map(({ branch }) => headOf(branch))]);
  const fetched = await line.fetch([...names].map(wanted));
  if (fetched.kind === "remote_away") return fetched;
  return { kind: "seen", items: open, refs: fetched.refs };
}

/** What would become of it; null where the remote is away. */
async function decide(parts: ShadowParts, item: QueueItem, refs: Refs): Promise<ShadowDecision | null> {
  const { slug, branch, sha, attempt } = item;
  const candidate = { slug, branch, sha };
  let main = refs.get(headOf(parts.main)) ?? null;
  if (main === null) return null;
  // What could not be fetched with the others is fetched once more, and main may be a newer one then.
  const judge: MergeOptions["judge"] = (one, fresh) => {
    main = fresh.main;
    return parts.merging.judge(one, fresh);
  };
  // A name of its own: what it keeps for a moment is not what the integrator may have in hand.
  const taken = picked({ candidate, deliveryId: `shadow-${randomUUID()}`, attempt, startedAtMs: wallMs() });
  try {
    const outcome = await outcomeOf({ ...parts, merging: { ...parts.merging, judge } }, taken, refs);
    return outcome.kind === "remote_away" ? null : await decisionOf(parts, { candidate, main }, outcome);
  } catch (error) {
    if (isWorldAway(error)) throw error;
    const detail = describeError(error);
    return { candidate, main, outcome: "would_block", reason: "internal", detail, tree: null };
  } finally {
    await parts.line.drop(keptName(taken.deliveryId));
  }
}

/** From the merge to the last look before the push: the outcome that would end it, or `merged`. */
async function outcomeOf({ merging, readiness }: ShadowParts, taken: Delivery, refs: Refs): Promise<Outcome> {
  if (taken.phase !== "picked") throw new Error("a delivery begins as picked");
  // Nobody has a lease here, so nobody's lease can be lost.
  const lease = { ref: { commit: null, sequence: 0 } };
  const ahead = { upcoming: async () => [], note: () => {}, take: () => refs };
  const merged = await mergeCandidate(taken, { lease, room: 0, isFirst: false }, { ...merging, ahead });
  if (merged.kind !== "merged") return merged;
  const delivery = saved(taken, merged);
  if (delivery.phase !== "merged") throw new Error(`what is merged cannot be ${delivery.phase}`);
  const checked = await runChecks(delivery);
  if (checked.kind !== "checks_passed") return checked;
  const ready = saved(delivery, checked);
  if (ready.phase !== "checked") throw new Error(`what is checked cannot be ${ready.phase}`);
  return (await stillWanted(readiness, ready)) ?? merged;
}

/** The checkpoint that a step would have left. */
function saved(delivery: Delivery, outcome: Outcome): Delivery {
  const next = advance(delivery, outcome);
  if (next.kind !== "save") throw new Error(`${outcome.kind} does not lead on from ${delivery.phase}`);
  return next.delivery;
}

async function decisionOf(
  { line }: ShadowParts,
  about: { candidate: Candidate; main: string },
  outcome: Outcome,
): Promise<ShadowDecision> {
  switch (outcome.kind) {
    case "merged": {
      const { tree } = await line.objects.readCommit(outcome.merge.mergeCommit);
      const detail = `would land on ${about.main.slice(0, 7)} as tree ${tree.slice(0, 7)}`;
      return { ...about, outcome: "would_land", reason: null, detail, tree };
    }
    case "already_on_main": {
      const detail = `is on main already (${outcome.how}, ${outcome.commit.slice(0, 7)})`;
      return { ...about, outcome: "already_on_main", reason: null, detail, tree: null };
    }
    case "superseded": {
      const detail = `would be superseded by ${outcome.by.branch} at ${outcome.by.sha.slice(0, 7)}`;
      return { ...about, outcome: "superseded", reason: null, detail, tree: null };
    }
    case "blocked": {
      const { reason, detail } = outcome;
      return { ...about, outcome: "would_block", reason, detail: `would be blocked: ${detail}`, tree: null };
    }
    default:
      throw new Error(`${outcome.kind} decides nothing`);
  }
}
