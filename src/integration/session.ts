/**
 * One integrator session from its parts: what `signalbox integrate` runs, in a process of its own that the daemon
 * starts. It connects, drains, and closes everything it opened.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { createWriter } from "../events/atomic-write.ts";
import { builtInCatalog } from "../events/built-in.ts";
import { eventSource } from "../events/envelope.ts";
import { trailerValue } from "../git/commit.ts";
import type { LineRepository } from "../git/line-repository.ts";
import { connect, type Redis } from "../redis/connection.ts";
import { locateEngine } from "../redis/engine.ts";
import { keysOf } from "../redis/keys.ts";
import { identify } from "../redis/process-identity.ts";
import { engineOf, openLine, type Workplace } from "../workplace.ts";
import { type Ground, type LineStores, openJudge, openStores } from "./assembly.ts";
import { type Candidate, landingName } from "./candidate.ts";
import { announcer } from "./hands/announce.ts";
import { runChecks } from "./hands/check.ts";
import { mergeCandidate } from "./hands/merge.ts";
import { pushHand } from "./hands/push.ts";
import { tidy } from "./hands/tidy.ts";
import { type Hands, runIntegrator, type SessionLog, type SessionResult } from "./integrator.ts";
import { formatOwner, plainStart } from "./lease.ts";
import { leaseRefs } from "./lease-refs.ts";
import { picker } from "./picker.ts";
import { type RefsAhead, refsAhead } from "./refs-ahead.ts";
import { pushBudgetMs, sessionLease } from "./session-lease.ts";
import { stillWanted } from "./still-wanted.ts";

export type SessionOptions = {
  workplace: Workplace;
  log: SessionLog;
  stop: AbortSignal;
  /** How long it waits for more once the queue is empty, ms. Default 2000. */
  graceMs?: number;
  /** Ends after this many candidates. Default: none. */
  limit?: number;
};

/** Runs a session to its end. Throws a Failure where Redis cannot be reached. */
export async function integrate(options: SessionOptions): Promise<SessionResult> {
  const { workplace } = options;
  const engine = await locateEngine(engineOf(workplace));
  const redis = await connect(engine.target);
  try {
    const waiting = await redis.duplicate();
    try {
      const line = await openLine(workplace);
      try {
        return await runIntegrator(await partsOf(options, { redis, waiting, line }), options.stop);
      } finally {
        await line.close();
      }
    } finally {
      await waiting.close();
    }
  } finally {
    await redis.close();
  }
}

type Connections = { redis: Redis; waiting: Redis; line: LineRepository };

async function partsOf(options: SessionOptions, { redis, waiting, line }: Connections) {
  const { workplace, log } = options;
  const { config, repositoryId, git, clone } = workplace;
  const keys = keysOf(repositoryId);
  const owner = await ownerOfThisProcess();
  const source = eventSource({ repositoryId, role: "integrator", sessionId: owner });
  const writer = createWriter({ redis, keys, catalog: builtInCatalog(), source, role: "integrator" });
  const ground: Ground = { redis, keys, writer, config };
  const stores = openStores(ground);
  const refs = leaseRefs(line);
  const timing = config.lease;
  const budgetMs = pushBudgetMs(timing);
  const ahead = refsAhead(stores.queue);
  const push = pushHand({ line, refs, ahead, main: config.main, budgetMs });
  return {
    lease: sessionLease({ store: stores.lease, refs, owner, timing }),
    deliveries: stores.deliveries,
    picker: picker({
      redis,
      waiting,
      keys,
      queue: stores.queue,
      deliveries: stores.deliveries,
      sessionId: owner,
    }),
    hands: handsOf(ground, { stores, line, git, clone, owner, push, ahead }),
    announcer: announcer({ redis, writer, stores, deliveries: stores.deliveries, sessionId: owner }),
    log,
    budgetMs,
    graceMs: options.graceMs ?? 2000,
    limit: options.limit ?? Number.POSITIVE_INFINITY,
  };
}

type HandParts = {
  stores: LineStores;
  line: LineRepository;
  git: Workplace["git"];
  clone: Workplace["clone"];
  owner: string;
  push: ReturnType<typeof pushHand>;
  ahead: RefsAhead;
};

function handsOf(ground: Ground, parts: HandParts): Hands {
  const { stores, line, git, clone, owner, push, ahead } = parts;
  const { config } = ground;
  const { judge } = openJudge(ground, stores, line, owner);
  const merging = {
    line,
    config,
    ahead,
    judge: judge.one,
    item: async (candidate: Candidate) => (await stores.queue.item(candidate))?.item ?? null,
  };
  return {
    picked: (delivery, lease, resumed) =>
      mergeCandidate(delivery, lease, {
        ...merging,
        // A squash leaves no ancestry, and a crash may have lost the record: then main itself is asked.
        recorded: (candidate, main) =>
          resumed || config.merge === "squash"
            ? recordedOnMain(line, candidate, main)
            : Promise.resolve(null),
      }),
    merged: runChecks,
    checked: async (delivery, lease) =>
      (await stillWanted(stores.readiness, delivery.candidate)) ?? push.intend(delivery, lease),
    pushing: push.push,
    pushed: (delivery) => tidy(delivery, { line, git, clone, config }),
  };
}

/** The first-parent commit of main whose trailer names this candidate, newer than where the branch left main. */
async function recordedOnMain(
  line: LineRepository,
  candidate: Candidate,
  main: string,
): Promise<string | null> {
  if (!(await line.objects.has(candidate.sha))) return null;
  const [base] = await line.mergeBases(main, candidate.sha);
  if (base === undefined) return null;
  const chain = await line.firstParentChain(base, main);
  const name = landingName(candidate);
  return chain.find((commit) => trailerValue(commit.trailers, "Signalbox-Candidate") === name)?.id ?? null;
}

/** Random per process start, and readable: which machine, which process. */
async function ownerOfThisProcess(): Promise<string> {
  const own = await identify(process.pid);
  return formatOwner({
    host: hostname(),
    pid: process.pid,
    processStart: plainStart(own?.startTime ?? "unknown"),
    random: randomBytes(6).toString("hex"),
  });
}
