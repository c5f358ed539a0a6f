/** A world of real git whose origin has a fence, with the integrator's key at hand: for the tests of ring 3. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type LeaseValue, leaseRef, readLease, writeLeaseCommit } from "../../src/git/lease-ref.ts";
import type { LineRepository } from "../../src/git/line-repository.ts";
import type { RefUpdate } from "../../src/git/push.ts";
import type { PushResult } from "../../src/git/push-report.ts";
import type { SigningKey } from "../../src/git/ssh-signature.ts";
import { grantOption, type LandingGrant, landingText } from "../../src/guards/grant.ts";
import { grantsBy } from "../../src/guards/grants.ts";
import { ensureIntegratorKey } from "../../src/guards/integrator-key.ts";
import { type FenceState, type FenceVerb, runFence } from "../../src/guards/remote/fence.ts";
import { createGitWorld, type GitWorld } from "../world/git.ts";

export const repository = "shop-1a2b3c";
export const mainRef = "refs/heads/main";
const nothing = "0".repeat(40);

export type Fenced = {
  world: GitWorld;
  line: LineRepository;
  key: SigningKey;
  privateDir: string;
  fence(verb: FenceVerb, keys?: readonly SigningKey[]): Promise<FenceState>;
  /** A ref of the origin, or null. */
  ref(name: string): Promise<string | null>;
  /** A commit of the line's on top of main (or of `parents`); answers its id. */
  commit(message: string, parents?: readonly string[]): Promise<string>;
  /** A commit of the lease with this token. */
  lease(value: Partial<LeaseValue>): Promise<string>;
  /** Pushes these moves from the line with the options given. */
  push(updates: readonly RefUpdate[], options?: readonly string[]): Promise<PushResult>;
  /** Main to `to` and the lease ref to its next sequence, as the integrator pushes, with a change of the grant to try. */
  land(to: string, change?: GrantChange): Promise<PushResult>;
  /** Takes the lease over on the remote. */
  takeOver(token: number, change?: GrantChange): Promise<PushResult>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type GrantChange = Partial<Omit<LandingGrant, "moves">> & {
  signedBy?: SigningKey;
  /** No grant at all. */
  without?: boolean;
  moves?(moves: LandingGrant["moves"]): LandingGrant["moves"];
};

/** A world with a fence. `format` as git's. */
export async function createFenced(options: { format?: "sha1" | "sha256" } = {}): Promise<Fenced> {
  const world = await createGitWorld(options);
  const privateDir = join(world.directory, "private");
  await mkdir(privateDir, { recursive: true });
  const path = world.env.PATH ?? "";
  const key = await ensureIntegratorKey({ privateDir, path });
  const line = await world.line();
  await line.fetch([{ ref: mainRef, into: "refs/signalbox/remote/heads/main" }]);

  const fence: Fenced["fence"] = (verb, keys = [key]) =>
    runFence(verb, { directory: world.origin, path, main: "main", repository, keys });
  const ref: Fenced["ref"] = async (name) => {
    const said = await world.attempt(world.origin, "rev-parse", "--verify", "--quiet", name);
    return said.code === 0 ? said.stdout.trim() : null;
  };
  const signature = {
    name: "Signalbox",
    email: "integrator@signalbox.invalid",
    seconds: 1_800_000_000,
    zone: "+0000",
  };
  const commit: Fenced["commit"] = async (message, parents) => {
    const on = parents ?? [(await ref(mainRef)) ?? nothing];
    const tree = await line.objects.writeTree([]);
    return line.objects.writeCommit({ tree, parents: on, author: signature, committer: signature, message });
  };
  const lease: Fenced["lease"] = (value) =>
    writeLeaseCommit(line.objects, { token: 1, sequence: 0, owner: "integrator-1", ...value });
  const push: Fenced["push"] = (updates, given = []) => line.push({ updates, options: given });
  const granted = async (updates: readonly RefUpdate[], value: LeaseValue, change: GrantChange) => {
    if (change.without === true) return push(updates);
    const { signedBy = key, moves: moved, without: _none, ...other } = change;
    if (Object.keys(change).length === 0)
      return push(
        updates,
        await grantsBy({ key: async () => key, repository, main: "main" }).optionsFor({
          updates,
          lease: value,
          candidates: [],
        }),
      );
    const moves = updates.map((update) => ({ ...update, new: update.new ?? nothing }));
    const { token, sequence, owner: holder } = value;
    const text = landingText({
      repository,
      token,
      sequence,
      holder,
      candidates: ["a@b"],
      expires: Math.floor(Date.now() / 1000) + 300,
      moves: moved === undefined ? moves : moved(moves),
      ...other,
    });
    return push(updates, [grantOption(text, signedBy)]);
  };
  const leaseNow = async () => {
    const sha = await ref(leaseRef);
    if (sha === null) return { sha, token: 1, sequence: 0 };
    await line.fetch([{ ref: leaseRef, into: "refs/signalbox/remote/lease" }]);
    const read = await readLease(line.objects, sha);
    return read.kind === "lease" ? { ...read, sha } : { sha, token: 1, sequence: 0 };
  };
  return {
    world,
    line,
    key,
    privateDir,
    fence,
    ref,
    commit,
    lease,
    push,
    land: async (to, change = {}) => {
      const held = await leaseNow();
      const value = { token: held.token, sequence: held.sequence + 1, owner: "integrator-1" };
      const updates = [
        { ref: mainRef, old: await ref(mainRef), new: to },
        { ref: leaseRef, old: held.sha, new: await lease(value) },
      ];
      return granted(updates, value, change);
    },
    takeOver: async (token, change = {}) => {
      const held = await leaseNow();
      const value = { token, sequence: 0, owner: `integrator-${token}` };
      return granted([{ ref: leaseRef, old: held.sha, new: await lease(value) }], value, change);
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}
