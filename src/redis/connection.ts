/**
 * The one door to Redis: a small port over node-redis, so that nothing outside this room knows which client or which
 * engine answers. (Types first; `connect` below.)
 */

/** What Redis answers, as RESP2 shapes it. */
export type Reply = string | number | null | Reply[];

/** A Lua script: its text, and its SHA-1, by which it is called. */
export type Script = { name: string; text: string; sha: string };

export type Redis = {
  /** One command. `deadlineMs` bounds the wait for the answer (a frozen server answers never): default 5000. */
  command(args: readonly (string | number)[], options?: { deadlineMs?: number }): Promise<Reply>;
  /** Several commands in one round trip, not atomic. Fails with the first error. */
  pipeline(commands: readonly (readonly (string | number)[])[]): Promise<Reply[]>;
  /** Runs a script by its hash, sending its text where the server does not know it yet. Keys are declared. */
  script(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<Reply>;
  /** A connection of its own, for one blocking reader. */
  duplicate(): Promise<Redis>;
  /** Ends it; commands in flight fail. Never throws. */
  close(): Promise<void>;
};
