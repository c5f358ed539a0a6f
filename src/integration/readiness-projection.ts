/**
 * Feeds readiness from the event stream: a projection with one row per slug. The callback notes and nothing more; the
 * daemon judges afterwards, at its own pace (`trigger.ts`), because git must be asked.
 */
import { parseTimeMs } from "../clock.ts";
import type { StoredEvent } from "../events/envelope.ts";
import type { Projection, Tables } from "../events/projection.ts";
import { traceContextOf } from "../telemetry/trace-context.ts";
import { evolve, initialState, type ReadinessEvent, type SlugState } from "./slug-state.ts";

export const readinessProjectionName = "readiness";
const slugs = "slugs";
/** branch → slugs whose candidates are on it: `branch.pushed` names no slug. */
const branches = "branches";
/** `<branch>|<sha>` → remotes of pushes, which may be told before their candidate is finalized. */
const early = "early";

const domain = "domain.software-development.";

export const readinessProjection: Projection = {
  name: readinessProjectionName,
  async apply(stored, tables) {
    const type = stored.event.type;
    if (!type.startsWith(domain)) return;
    if (type === `${domain}branch.pushed`) return notePush(stored, tables);
    const event = readinessEvent(stored);
    const slug = stored.event.subject;
    if (event === null || slug === undefined) return;
    const state = await stateOf(tables, slug);
    let next = evolve(state, event);
    if (event.kind === "finalized") next = await withBranch(tables, next, event.fact);
    tables.put(slugs, slug, next);
  },
};

/** What can change a judgement. The line's own moves cannot: to judge after each would ask the remote for nothing. */
const news = new Set(
  ["review.approved", "review.revoked", "deployment.started"]
    .concat(["integration.candidate.withdrawn", "integration.candidate.requeued"])
    .map((name) => domain + name),
);

/** Whether something landed: what stood in an `after:` list may be free to go. */
export function tellsOfLanding(stored: readonly StoredEvent[]): boolean {
  return stored.some(({ event }) => event.type === `${domain}deployment.completed`);
}

/** The slugs an event says something about, for the trigger: which candidates to judge again. */
export async function slugsTouched(
  stored: readonly StoredEvent[],
  slugsOnBranch: (branch: string) => Promise<string[]>,
): Promise<Set<string>> {
  const touched = new Set<string>();
  for (const { event } of stored) {
    if (event.subject !== undefined && news.has(event.type)) touched.add(event.subject);
    const branch = event.data.branch;
    if (event.type === `${domain}branch.pushed` && typeof branch === "string")
      for (const slug of await slugsOnBranch(branch)) touched.add(slug);
  }
  return touched;
}

export type ReadinessReader = {
  state(slug: string): Promise<SlugState | null>;
  states(): Promise<SlugState[]>;
  slugsOnBranch(branch: string): Promise<string[]>;
};

/** Reads the live generation of the projection. */
export function readinessReader(projection: {
  get(table: string, id: string): Promise<unknown>;
  all(table: string): Promise<Map<string, unknown>>;
}): ReadinessReader {
  return {
    state: async (slug) => asState(await projection.get(slugs, slug)),
    states: async () =>
      [...(await projection.all(slugs)).values()].map(asState).filter((state) => state !== null),
    slugsOnBranch: async (branch) => asNames(await projection.get(branches, branch)),
  };
}

function readinessEvent({ event, streamId }: StoredEvent): ReadinessEvent | null {
  const text = (name: string): string => String(event.data[name] ?? "");
  const atMs = parseTimeMs(event.time) ?? 0;
  const round = Number(event.data.review_round ?? 1);
  switch (event.type.slice(domain.length)) {
    case "review.approved": {
      const approvedSha = event.data.approved_sha;
      return {
        kind: "approved",
        round,
        reviewer: text("reviewer_session_id"),
        approvedSha: typeof approvedSha === "string" ? approvedSha : null,
        atMs,
      };
    }
    case "review.revoked":
      return { kind: "revoked", round, by: text("revoked_by"), reason: text("reason") };
    case "deployment.started": {
      const trace = traceContextOf(event);
      return {
        kind: "finalized",
        fact: {
          branch: text("branch"),
          sha: text("sha"),
          attempt: Number(event.data.attempt ?? 1),
          remote: text("remote"),
          pusher: text("pusher"),
          claimedReadyAtMs: parseTimeMs(text("ready_at")) ?? atMs,
          emittedAtMs: atMs,
          streamId,
          eventId: event.id,
          withdrawn: null,
          ...(trace === null ? {} : { trace }),
        },
      };
    }
    case "integration.candidate.withdrawn":
      return {
        kind: "withdrawn",
        branch: text("branch"),
        sha: text("sha"),
        by: text("by"),
        reason: text("reason"),
      };
    case "integration.candidate.requeued":
      return { kind: "requeued", branch: text("branch"), sha: text("sha") };
    default:
      return null;
  }
}

async function notePush({ event }: StoredEvent, tables: Tables): Promise<void> {
  const remote = String(event.data.remote);
  const branch = String(event.data.branch);
  const sha = String(event.data.sha);
  const remotes = asNames(await tables.get(early, `${branch}|${sha}`));
  if (!remotes.includes(remote)) tables.put(early, `${branch}|${sha}`, [...remotes, remote]);
  for (const slug of asNames(await tables.get(branches, branch)))
    tables.put(slugs, slug, evolve(await stateOf(tables, slug), { kind: "pushed", remote, branch, sha }));
}

/** Remembers that the slug is on this branch, and takes over a push that came first. */
async function withBranch(
  tables: Tables,
  state: SlugState,
  fact: { branch: string; sha: string },
): Promise<SlugState> {
  const known = asNames(await tables.get(branches, fact.branch));
  if (!known.includes(state.slug)) tables.put(branches, fact.branch, [...known, state.slug]);
  const { branch, sha } = fact;
  const remotes = asNames(await tables.get(early, `${branch}|${sha}`));
  return remotes.reduce((known, remote) => evolve(known, { kind: "pushed", remote, branch, sha }), state);
}

async function stateOf(tables: Tables, slug: string): Promise<SlugState> {
  return asState(await tables.get(slugs, slug)) ?? initialState(slug);
}

function asState(value: unknown): SlugState | null {
  // The projection's own writing, read back: its shape is this file's.
  return (value ?? null) as SlugState | null;
}

function asNames(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}
