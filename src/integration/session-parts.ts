/**
 * Puts an integrator session together over connections that are open: the lease, the picker, the hands, the announcer.
 */
import type { Config } from "../config.ts";
import { createWriter } from "../events/atomic-write.ts";
import { catalogWith } from "../events/catalog-with.ts";
import type { Clone } from "../git/clone.ts";
import { trailerValue } from "../git/commit.ts";
import type { LineRepository } from "../git/line-repository.ts";
import type { Git } from "../git/run.ts";
import type { SigningKey } from "../git/ssh-signature.ts";
import type { Redis } from "../redis/connection.ts";
import type { Keys } from "../redis/keys.ts";
import { noTraces, type Traces } from "../telemetry/traces.ts";
import { type Ground, type LineStores, openJudge, openStores } from "./assembly.ts";
import { batchWindow } from "./batch-window.ts";
import { type Candidate, landingName } from "./candidate.ts";
import { openCoupling } from "./coupling.ts";
import { noGrants, type PushGrants } from "./granted-push.ts";
import { announcer } from "./hands/announce.ts";
import { runChecks } from "./hands/check.ts";
import { type LocalLooks, localLooks } from "./hands/local-looks.ts";
import { mergeCandidate } from "./hands/merge.ts";
import { type PushHand, pushHand } from "./hands/push.ts";
import { tidy } from "./hands/tidy.ts";
import { leaseRefs } from "./lease-refs.ts";
import type { AskPermission } from "./permission.ts";
import { picker, takeableNow } from "./picker.ts";
import { type RefsAhead, refsAhead } from "./refs-ahead.ts";
import { pushBudgetMs, sessionLease } from "./session-lease.ts";
import type { Hands, IntegratorParts, SessionLog } from "./session-ports.ts";
import { stillWanted } from "./still-wanted.ts";

export type SessionGround = {
  redis: Redis;
  /** A connection of its own: it blocks while it waits for work. */
  waiting: Redis;
  line: LineRepository;
  keys: Keys;
  config: Config;
  git: Git;
  clone: Pick<Clone, "commonDir">;
  /** `formatOwner(...)`: no two process starts have the same. */
  owner: string;
  /** The `source` of its events. */
  source: string;
  log: SessionLog;
  /** Absent: nothing is signed, and no fence is expected. */
  guard?: SessionGuard;
  permission: AskPermission;
  /** Default: none. */
  traces?: Traces;
};

/** What the integrator's key is for. It may come, or be another one, while a session runs: it is asked for each time. */
export type SessionGuard = { grants: PushGrants; signingKey: () => Promise<SigningKey | null> };

/** Everything a session works with, but for its limits and its log. */
export function sessionParts(given: SessionGround): Omit<IntegratorParts, "graceMs" | "limit"> {
  const { redis, waiting, line, keys, config, git, clone, owner, source, log, permission } = given;
  const { traces = noTraces } = given;
  const writer = createWriter({
    redis,
    keys,
    catalog: catalogWith(config.events),
    source,
    role: "integrator",
    traces,
  });
  const ground: Ground = { redis, keys, writer, config, traces };
  const stores = openStores(ground);
  const { queue, deliveries } = stores;
  const grants = given.guard?.grants ?? noGrants;
  const refs = leaseRefs(line, grants);
  const budgetMs = pushBudgetMs(config.lease);
  const ahead = refsAhead(queue);
  const { deleteBranch: deleteBranches } = config.delivery;
  const looks = localLooks({ git, clone, main: config.main });
  const { main } = config;
  const push = pushHand({ line, refs, grants, ahead, looks, main, deleteBranches, budgetMs, traces });
  const coupling = openCoupling({ redis, keys, writer, queue, deliveries, sessionId: owner });
  return {
    lease: sessionLease({ store: stores.lease, refs, owner, timing: config.lease }),
    deliveries,
    coupling,
    window: batchWindow(),
    picker: picker({ redis, waiting, keys, queue, deliveries, writer, permission, sessionId: owner }),
    hands: handsOf(ground, { ...given, stores, push, ahead, looks }),
    announcer: announcer({ redis, writer, stores, deliveries, coupling, sessionId: owner }),
    permission,
    log,
    traces,
    budgetMs,
  };
}

type HandParts = SessionGround & { stores: LineStores; push: PushHand; ahead: RefsAhead; looks: LocalLooks };

function handsOf(ground: Ground, parts: HandParts): Hands {
  const { stores, line, git, clone, owner, push, ahead, looks } = parts;
  const { config } = ground;
  const { judge } = openJudge(ground, stores, line, owner);
  const merging = {
    line,
    config,
    ahead,
    judge: judge.one,
    item: async (candidate: Candidate) => (await stores.queue.item(candidate))?.item ?? null,
    next: (count: number) => takeableNow(stores.queue, count),
    log: parts.log,
    traces: ground.traces ?? noTraces,
    signingKey: parts.guard?.signingKey ?? (async () => null),
  };
  return {
    picked: (delivery, lease, { resumed, room, isFirst }) =>
      mergeCandidate(
        delivery,
        { lease, room, isFirst },
        {
          ...merging,
          // A squash leaves no ancestry, and a crash may have lost the record: then main itself is asked.
          recorded: (candidate, main) =>
            resumed || config.merge === "squash"
              ? recordedOnMain(line, candidate, main)
              : Promise.resolve(null),
        },
      ),
    merged: runChecks,
    checked: async (delivery, lease) =>
      (await stillWanted(stores.readiness, delivery)) ?? push.intend(delivery, lease),
    pushing: (delivery, lease, { resumed }) => push.push(delivery, lease, resumed),
    pushed: (delivery) => tidy(delivery, { line, git, clone, looks, config }),
  };
}

/** The first-parent commit of main whose trailer names this candidate, newer than where the branch left main. */
export async function recordedOnMain(
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
