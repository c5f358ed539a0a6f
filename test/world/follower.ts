/** One `events --follow` for a whole world: what a test waits on, without asking again and again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { waitUntil } from "./wait-until.ts";

export type SeenEvent = {
  id: string;
  streamid: string;
  type: string;
  subject?: string;
  time: string;
  sequence: string;
  correlationid?: string;
  data: Record<string, unknown>;
};

export type EventMatch = { type: string; slug?: string; sha?: string; where?: (event: SeenEvent) => boolean };

export type Follower = {
  /** Begins to follow, where it does not yet. `until` does so by itself. */
  begin(): void;
  /** What has been seen so far, oldest first, each stream entry once. */
  seen(match?: EventMatch): SeenEvent[];
  /** The `count`-th event that matches, now or later. */
  until(match: EventMatch, options?: { withinMs?: number; count?: number }): Promise<SeenEvent>;
  stop(): Promise<void>;
};

export type FollowerOptions = { bin: string; cwd: string; env: NodeJS.ProcessEnv };

/** Starts following from the first event. A follower whose Redis dies is started again where it was. */
export function follow({ bin, cwd, env }: FollowerOptions): Follower {
  const events: SeenEvent[] = [];
  let child: ChildProcess | null = null;
  let stopped = false;
  const start = (): void => {
    const last = events.at(-1)?.streamid;
    const since = last === undefined ? [] : ["--since", last];
    child = spawn(bin, ["events", "--follow", "--json", ...since], {
      cwd,
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const lines = createInterface({ input: child.stdout ?? process.stdin });
    lines.on("line", (line) => {
      const event: SeenEvent = JSON.parse(line);
      if (!events.some(({ streamid }) => streamid === event.streamid)) events.push(event);
    });
  };
  const seen = (match?: EventMatch): SeenEvent[] =>
    match === undefined ? [...events] : events.filter((event) => isMatch(event, match));
  const begin = (): void => {
    if (!stopped && (child === null || child.exitCode !== null || child.signalCode !== null)) start();
  };
  return {
    begin,
    seen,
    until: (match, options = {}) =>
      waitUntil(
        () => {
          begin();
          return seen(match)[(options.count ?? 1) - 1];
        },
        { what: `${match.type} of ${match.slug ?? "anything"}`, ...options },
      ),
    stop: async () => {
      stopped = true;
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Types are given by their last words: `deployment.completed`. */
function isMatch(event: SeenEvent, { type, slug, sha, where }: EventMatch): boolean {
  const isType = event.type === type || event.type.endsWith(`.${type}`);
  const isAbout = slug === undefined || event.subject === slug || event.data.slug === slug;
  const isSha = sha === undefined || event.data.sha === sha;
  return isType && isAbout && isSha && (where === undefined || where(event));
}
