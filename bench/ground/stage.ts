/**
 * One generated repository, landed on by several ways: each has a copy of the remote to itself, so that all of them land
 * the same branches in the same order and none sees the other.
 */
import { join } from "node:path";
import { monotonicMs, pause } from "../../src/clock.ts";
import { type Limit, noTransport } from "../ways/no-transport.ts";
import { type OwnProcess, ownProcess } from "../ways/own-process.ts";
import type { Way } from "../ways/way.ts";
import { type Candidate, generateRepository, type RepositorySize } from "./generated-repository.ts";
import { openPlace, type Place } from "./place.ts";
import { openProduct, type Product } from "./product.ts";

export type Stage = {
  place: Place;
  product: Product;
  /** The product's remote. */
  remote: string;
  /** The next candidates that nobody has taken. */
  take(count: number): Candidate[];
  floor(): Promise<OwnProcess>;
  lean(): Promise<OwnProcess>;
  limit(): Promise<Limit>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Opens it with its daemon running. Use with `await using`. */
export async function openStage(size: RepositorySize, env: Record<string, string> = {}): Promise<Stage> {
  const place = await openPlace();
  try {
    const generated = await generateRepository(place, "pristine.git", size);
    const copyFor = async (name: string): Promise<string> => {
      const directory = join(place.directory, `${name}.git`);
      await place.copy(generated.directory, directory);
      return directory;
    };
    const remote = await copyFor("ours");
    const product = await openProduct(place, { name: "ours", remote, env });
    const closing: (() => Promise<void>)[] = [];
    const begin = async (kind: "floor-script" | "lean-worktree"): Promise<OwnProcess> => {
      const site = { directory: join(place.directory, `${kind}-line`), remote: await copyFor(kind) };
      const way = await ownProcess(place, kind, site);
      closing.push(way.close);
      return way;
    };
    let taken = 0;
    return {
      place,
      product,
      remote,
      take(count) {
        const some = generated.candidates.slice(taken, taken + count);
        if (some.length < count) throw new RangeError("the stage has no more candidates");
        taken += count;
        return some;
      },
      floor: () => begin("floor-script"),
      lean: () => begin("lean-worktree"),
      limit: async () => {
        const limit = await noTransport(place, await copyFor("limit"), generated.main);
        closing.push(limit.close);
        return limit;
      },
      async [Symbol.asyncDispose]() {
        for (const close of closing) await close();
        await product.letGo();
        await place[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await place[Symbol.asyncDispose]();
    throw error;
  }
}

/** Long enough for a daemon to finish what follows a landing, so that it does not disturb the next way's turn, ms. */
const quietMs = 150;

/**
 * Lands one candidate by the whole product: from the last fact said to "completed" heard, ms. The other two facts were
 * said before. Waits afterwards until the daemon is quiet.
 */
export async function landByProduct(product: Product, candidate: Candidate): Promise<number> {
  const beganMs = monotonicMs();
  await product.finalize(candidate);
  const outcome = await product.outcomes.of(candidate.slug);
  if (outcome.kind !== "integrated")
    throw new Error(`${candidate.slug} did not land: ${outcome.reason ?? outcome.kind}`);
  await pause(quietMs);
  return outcome.heardMs - beganMs;
}

/** Lands one candidate by another way, ms. */
export async function landBy(way: Way, candidate: Candidate): Promise<number> {
  const beganMs = monotonicMs();
  await way.land(candidate);
  return monotonicMs() - beganMs;
}
