/** One look for many: however many ask, and whatever becomes of it. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { sharedLook } from "../../src/board/shared-look.ts";
import { monotonicMs } from "../../src/clock.ts";
import { waitUntil } from "../world/wait-until.ts";

/** A look that counts itself, and ends when it is told to. */
function countedLook() {
  const looks: { resolve(value: number): void; reject(error: Error): void }[] = [];
  return {
    looks,
    look: () =>
      new Promise<number>((resolve, reject) => {
        looks.push({ resolve, reject });
      }),
  };
}

suite("a look that is shared", () => {
  test("is one for all who ask while it goes on, and all get its answer", async () => {
    const { looks, look } = countedLook();
    const ask = sharedLook(60_000, look);
    const asked = [ask(), ask(), ask()];
    assert.equal(looks.length, 1);
    looks[0]?.resolve(7);
    assert.deepEqual(await Promise.all(asked), [7, 7, 7]);
  });

  test("serves those who ask soon after, and no longer than it is fresh", async () => {
    const { looks, look } = countedLook();
    const freshMs = 50;
    const ask = sharedLook(freshMs, look);
    const first = ask();
    looks[0]?.resolve(1);
    assert.equal(await first, 1);
    const sinceMs = monotonicMs();
    assert.equal(await ask(), 1);
    await waitUntil(() => monotonicMs() > sinceMs + freshMs, { what: "it is no longer fresh" });
    const second = ask();
    assert.equal(looks.length, 2);
    looks[1]?.resolve(2);
    assert.equal(await second, 2);
  });

  test("is fresh from its end on, however long it took", async () => {
    const { looks, look } = countedLook();
    const ask = sharedLook(60_000, look);
    const first = ask();
    const sinceMs = monotonicMs();
    await waitUntil(() => monotonicMs() > sinceMs + 20, { what: "it takes its time" });
    looks[0]?.resolve(1);
    await first;
    await ask();
    assert.equal(looks.length, 1);
  });

  test("that fails is told to all who waited, and not kept: whoever asks next looks anew", async () => {
    const { looks, look } = countedLook();
    const ask = sharedLook(60_000, look);
    const asked = [ask(), ask()];
    looks[0]?.reject(new Error("the remote is away"));
    for (const each of asked) await assert.rejects(each, /the remote is away/);
    const again = ask();
    assert.equal(looks.length, 2);
    looks[1]?.resolve(3);
    assert.equal(await again, 3);
  });

  test("that fails takes nothing back of the answer before it, and leaves nothing behind", async () => {
    const { looks, look } = countedLook();
    const ask = sharedLook(0, look);
    const first = ask();
    looks[0]?.resolve(1);
    await first;
    const failing = ask();
    looks[1]?.reject(new Error("away"));
    await assert.rejects(failing, /away/);
    const third = ask();
    looks[2]?.resolve(4);
    assert.equal(await third, 4);
  });

  test("where nothing is to be fresh, is one for those at the same moment, and no others", async () => {
    const { looks, look } = countedLook();
    const ask = sharedLook(0, look);
    const both = [ask(), ask()];
    looks[0]?.resolve(1);
    assert.deepEqual(await Promise.all(both), [1, 1]);
    void ask();
    assert.equal(looks.length, 2);
    looks[1]?.resolve(2);
  });
});
