/** Reads the log as it grows, and says when a candidate's way has ended. One blocking connection. */
import { monotonicMs, parseTimeMs } from "../../src/clock.ts";
import { followEvents, type StreamSource } from "../../src/events/stream.ts";

export type Outcome = {
  kind: "integrated" | "blocked" | "superseded";
  reason: string | null;
  mergeCommit: string | null;
  /** When this process heard of it, on its monotonic clock. */
  heardMs: number;
  /** When it was said, on Redis' clock. */
  saidMs: number;
};

export type Outcomes = {
  /** The end of this candidate's way, now or later. Fails after `withinMs`, default 60 s. */
  of(slug: string, withinMs?: number): Promise<Outcome>;
  /** When the newest event of this type was said (Redis' clock), ms; null before the first. */
  lastSaidMs(type: string): number | null;
  /** The `count`-th event of this type, counted from the beginning, now or later. */
  untilSaid(type: string, count: number): Promise<void>;
  count(type: string): number;
  stop(): Promise<void>;
};

const kinds: Record<string, Outcome["kind"]> = {
  "deployment.completed": "integrated",
  "deployment.failed": "blocked",
  "deployment.superseded": "superseded",
};

export function watchOutcomes(source: StreamSource): Outcomes {
  const found = new Map<string, Outcome>();
  const counts = new Map<string, number>();
  const said = new Map<string, number>();
  const waiting = new Set<() => void>();
  const stopping = new AbortController();
  const running = (async () => {
    for await (const { event } of followEvents(source, {}, stopping.signal)) {
      const type = event.type.replace("domain.software-development.", "");
      const saidMs = parseTimeMs(event.time) ?? 0;
      counts.set(type, (counts.get(type) ?? 0) + 1);
      said.set(type, saidMs);
      const kind = kinds[type];
      const { slug, reason, merge_commit } = event.data;
      if (kind !== undefined && typeof slug === "string")
        found.set(slug, {
          kind,
          reason: typeof reason === "string" ? reason : null,
          mergeCommit: typeof merge_commit === "string" ? merge_commit : null,
          heardMs: monotonicMs(),
          saidMs,
        });
      for (const look of waiting) look();
    }
  })();

  function until<T>(look: () => T | null, what: string, withinMs: number): Promise<T> {
    const first = look();
    if (first !== null) return Promise.resolve(first);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const late = setTimeout(() => reject(new Error(`after ${withinMs} ms still not: ${what}`)), withinMs);
    const again = (): void => {
      const value = look();
      if (value !== null) resolve(value);
    };
    waiting.add(again);
    return promise.finally(() => {
      clearTimeout(late);
      waiting.delete(again);
    });
  }

  return {
    of: (slug, withinMs = 60_000) => until(() => found.get(slug) ?? null, `an outcome of ${slug}`, withinMs),
    lastSaidMs: (type) => said.get(type) ?? null,
    count: (type) => counts.get(type) ?? 0,
    untilSaid: (type, count) =>
      until(() => ((counts.get(type) ?? 0) >= count ? undefined : null), `${count} × ${type}`, 600_000),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
