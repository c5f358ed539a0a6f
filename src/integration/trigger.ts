/**
 * The daemon's half of integration: hears which slugs have news, judges their candidates, and moves the queue.
 *
 * The processor's callback only notes (`note`); this worker judges at its own pace, because git must be asked. All open
 * candidates are judged again at start, when main or a branch has moved, and every 30 s, so a lost note costs seconds,
 * never a landing. It never merges and never pushes: a candidate that turned READY is queued, and the queue wakes the
 * integrator.
 */
import { randomUUID } from "node:crypto";
import { isoTime } from "../clock.ts";
import type { Redis } from "../redis/connection.ts";
import { serverTimeMs } from "../redis/server-time.ts";
import type { TraceContext } from "../telemetry/trace-context.ts";
import { type Candidate, candidateKey } from "./candidate.ts";
import type { FactGatherer, Look } from "./facts.ts";
import { type OutcomeStores, openFollowUpsOf, writeOutcome } from "./hands/announce.ts";
import {
  blockedOutcome,
  candidateMoved,
  integratedOutcome,
  type OutcomeWrite,
  requeuedOutcome,
  type Said,
  supersededOutcome,
} from "./outcomes.ts";
import { decide, isInHand, isTerminal, type QueueDecision, type QueueItem, queuedItem } from "./queue.ts";
import { type GitFacts, type Judgement, judge, type Line } from "./readiness.ts";
import type { ReadinessReader } from "./readiness-projection.ts";
import { candidatesOf, factOf, type SlugState } from "./slug-state.ts";
import type { StoredItem } from "./stores/queue-store.ts";
import { isWorldAway } from "./world-away.ts";

export type JudgeOptions = {
  redis: Redis;
  stores: OutcomeStores;
  readiness: ReadinessReader;
  gatherer: FactGatherer;
  line: Line;
  /** Who is written into histories. */
  by: string;
};

export type Judged = { judgement: Judgement; facts: GitFacts; item: QueueItem | null };

export type Judge = {
  /** Judges the open candidates of these slugs (of all, for null) and moves the queue accordingly. */
  settle(slugs: ReadonlySet<string> | null): Promise<Judged[]>;
  /** Judges without moving anything: what `candidates` and `why` show. Finished ones included. */
  look(slugs: ReadonlySet<string> | null): Promise<Judged[]>;
  /** Judges one candidate against refs that were just fetched; null where it was never finalized. */
  one(candidate: Candidate, refs: { main: string; branch: string | null }): Promise<Judged | null>;
};

export function candidateJudge(options: JudgeOptions): Judge {
  const { redis, stores, readiness, gatherer, line, by } = options;

  async function statesOf(slugs: ReadonlySet<string> | null): Promise<SlugState[]> {
    if (slugs === null) return readiness.states();
    const found = await Promise.all([...slugs].map((slug) => readiness.state(slug)));
    return found.filter((state) => state !== null);
  }

  /** Candidates that there is something to decide about, with their items as they stand. */
  async function open(states: SlugState[], all: boolean) {
    const known = states.flatMap((state) => candidatesOf(state).map((candidate) => ({ state, candidate })));
    const items = await stores.queue.itemsOf(known.map(({ candidate }) => candidate));
    const rows = known.map((one, at) => ({ ...one, stored: items[at] ?? null }));
    if (all) return rows;
    // What is in hand is the integrator's: whatever was judged of it, nothing would follow.
    return rows.filter(
      ({ stored }) => stored === null || !(isTerminal(stored.item.status) || isInHand(stored.item)),
    );
  }

  /** What breaks over one candidate is told after the others had their turn: none may hold up the rest. */
  async function judged(slugs: ReadonlySet<string> | null, all: boolean) {
    const rows = await open(await statesOf(slugs), all);
    const branches = [...new Set(rows.map(({ candidate }) => candidate.branch))];
    const broken = brokenOnes();
    if (rows.length === 0) return { rows: [], seen: null, broken };
    const awaited = rows.filter(({ state, stored }) => stored === null && mayBeReady(state));
    const seen = await gatherer.look(
      branches,
      awaited.map(({ candidate }) => candidate.sha),
    );
    if (seen.kind === "seen") await gatherer.prefetch(rows, seen);
    const results: ((typeof rows)[number] & { facts: GitFacts; judgement: Judgement })[] = [];
    for (const row of rows)
      await broken.beside(row.candidate, async () => {
        const facts = await gatherer.facts(row.candidate, row.state, seen);
        results.push({ ...row, facts, judgement: judge(row.state, row.candidate, facts, line) });
      });
    return { rows: results, seen, broken };
  }

  async function settle(slugs: ReadonlySet<string> | null): Promise<Judged[]> {
    const { rows, seen, broken } = await judged(slugs, false);
    for (const row of rows)
      await broken.beside(row.candidate, async () => {
        for (let tries = 0; tries < moveTriesMax; tries++)
          if (await settleOne(tries === 0 ? row : await readAgain(row), seen)) return;
      });
    broken.tell();
    return rows.map(({ facts, judgement, stored }) => ({ facts, judgement, item: stored?.item ?? null }));
  }

  type Row = Awaited<ReturnType<typeof judged>>["rows"][number];

  /** The item changed meanwhile, and perhaps because of an event that this round has not heard. */
  async function readAgain(row: Row): Promise<Row> {
    const { candidate, facts } = row;
    const stored = await stores.queue.item(candidate);
    const state = (await readiness.state(candidate.slug)) ?? row.state;
    return { state, candidate, stored, facts, judgement: judge(state, candidate, facts, line) };
  }

  async function settleOne(row: Row, seen: Look | null): Promise<boolean> {
    const { state, facts, judgement, stored } = row;
    const decision = decide(stored?.item ?? null, judgement, facts.landed);
    const retried = retriedByFinalizing(stored, state, judgement);
    if (decision.kind === "none" && retried === null) return true;
    return carryOut({ state, judgement, stored, retried, main: mainOf(seen) }, decision);
  }

  type Subject = {
    state: SlugState;
    judgement: Judgement;
    stored: StoredItem | null;
    /** What finalizing a blocked candidate once more asks for. */
    retried: Retried | null;
    main: string | null;
  };

  /** True when it is done, or no longer to be done; false when the item changed and must be read again. */
  async function carryOut(subject: Subject, decision: QueueDecision): Promise<boolean> {
    const { judgement, stored } = subject;
    const atMs = await serverTimeMs(redis);
    const said: Said = { atMs, at: isoTime(atMs), by };
    if (stored === null) return enqueue(subject, decision, said);
    const outcome = await outcomeOf(subject, stored.item, decision, said);
    if (outcome === null) return true;
    const written = await writeOutcome(stores, stored, outcome);
    if (written === null) return false;
    return judgement.status !== "INTEGRATED" || written.item.status === "integrated";
  }

  async function enqueue(subject: Subject, decision: QueueDecision, said: Said): Promise<boolean> {
    const { state, judgement } = subject;
    const fact = factOf(state, judgement.candidate);
    if (fact === null || judgement.readyAtMs === null) return true;
    const item = queuedItem(
      {
        ...judgement.candidate,
        remote: fact.remote,
        attempt: fact.attempt,
        readyAtMs: judgement.readyAtMs,
        claimedReadyAtMs: fact.claimedReadyAtMs,
        streamId: fact.streamId,
        reviewer: state.approval?.reviewer ?? null,
        deliveryId: randomUUID(),
        ...(fact.trace === undefined ? {} : { trace: fact.trace }),
      },
      said.atMs,
      by,
    );
    const queued = await stores.queue.enqueue(item, {
      events: [candidateMoved(item, "queued", { move: 1, by: by })],
    });
    // Found on main: queued and integrated are two moves, and the next round makes the second.
    return queued && decision.kind !== "integrated";
  }

  async function outcomeOf(
    subject: Subject,
    item: QueueItem,
    decision: QueueDecision,
    said: Said,
  ): Promise<OutcomeWrite | null> {
    const known = await stores.followUps.of(item);
    const openOne = known?.status === "open" ? known : null;
    switch (decision.kind) {
      case "integrated": {
        const mainSha = subject.main ?? decision.commit;
        const landed = { mergeCommit: decision.commit, mainSha, checks: [], how: decision.how };
        return integratedOutcome(item, landed, await openFollowUpsOf(stores, item), said);
      }
      case "superseded":
        return supersededOutcome(item, decision.by, openOne, said);
      case "blocked": {
        const evidence = { conflicts: [], diagnostics: [decision.detail] };
        return blockedOutcome(item, { ...decision, evidence }, known, said);
      }
      default:
        if (subject.retried === null) return null;
        return requeuedOutcome(item, { why: "finalized once more", ...subject.retried }, openOne, said);
    }
  }

  return {
    settle,
    async one(candidate, refs) {
      const state = await readiness.state(candidate.slug);
      if (state === null || factOf(state, candidate) === null) return null;
      const facts = await gatherer.facts(candidate, state, await gatherer.assume(candidate.branch, refs));
      const stored = await stores.queue.item(candidate);
      return { facts, judgement: judge(state, candidate, facts, line), item: stored?.item ?? null };
    },
    async look(slugs) {
      const { rows, broken } = await judged(slugs, true);
      broken.tell();
      return rows.map(({ facts, judgement, stored }) => ({ facts, judgement, item: stored?.item ?? null }));
    },
  };
}

const moveTriesMax = 5;

/** Nothing that was said keeps it from being READY: its commits will be needed. */
function mayBeReady({ approval }: SlugState): boolean {
  return approval !== null && approval.revoked === null;
}

/** Gathers what went wrong candidate by candidate. A world that is away is away for all: that is thrown at once. */
function brokenOnes() {
  const errors: Error[] = [];
  return {
    async beside(candidate: Candidate, act: () => Promise<void>): Promise<void> {
      try {
        await act();
      } catch (cause) {
        if (isWorldAway(cause)) throw cause;
        errors.push(new Error(`${candidateKey(candidate)} could not be judged`, { cause }));
      }
    },
    tell(): void {
      const [first] = errors;
      if (first !== undefined) throw first;
    },
  };
}

function mainOf(seen: Look | null): string | null {
  return seen?.kind === "seen" ? seen.main : null;
}

/** The attempt, and the trace of whoever asks for it. */
type Retried = { attempt: number; trace?: TraceContext };

/** A blocked candidate that was finalized again, and is READY again, goes another round. */
function retriedByFinalizing(
  stored: StoredItem | null,
  state: SlugState,
  judgement: Judgement,
): Retried | null {
  if (stored === null || stored.item.status !== "blocked" || judgement.status !== "READY") return null;
  const fact = factOf(state, judgement.candidate);
  if (fact === null || fact.attempt <= stored.item.attempt) return null;
  return { attempt: fact.attempt, ...(fact.trace === undefined ? {} : { trace: fact.trace }) };
}
