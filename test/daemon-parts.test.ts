import assert from "node:assert/strict";
import { test } from "node:test";
import { type Parts, type PartsOptions, startRunningParts } from "../src/daemon-parts.ts";
import { waitUntil } from "./world/wait-until.ts";

/** Starts and ends, in their order; a start or an end may be held until it is let go, or refused. */
function story() {
  const told: string[] = [];
  const held = new Map<string, Promise<void>>();
  const refused = new Set<string>();
  const stopping = new AbortController();
  const note = async (what: string) => {
    told.push(what);
    await held.get(what);
    if (refused.has(what)) throw new Error(`${what} is refused`);
  };
  const options: PartsOptions<string, Parts> = {
    start: async (place) => {
      await note(`start ${place}`);
      return { end: () => note(`end ${place}`) };
    },
    stop: stopping.signal,
    log: { warn: () => {} },
  };
  const hold = (what: string): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    held.set(what, promise);
    return resolve;
  };
  return { told, options, hold, refuse: refused, stopping };
}

test("a change ends the old parts before it starts the new ones", async () => {
  const { told, options } = story();
  const parts = await startRunningParts("a", options);
  await parts.change(async () => "b");
  await parts.end();
  assert.deepEqual(told, ["start a", "end a", "start b", "end b"]);
});

test("an end in the middle of a change waits for it, and every set is ended once", async () => {
  const { told, options, hold, stopping } = story();
  const parts = await startRunningParts("a", options);
  const letGo = hold("end a");
  const changed = parts.change(async () => "b");
  await waitUntil(() => told.includes("end a"), { what: "the change has begun" });
  stopping.abort();
  const ended = parts.end();
  letGo();
  await Promise.all([changed, ended]);
  assert.deepEqual(told, ["start a", "end a", "start b", "end b"]);
});

test("two changes at once are made one after the other", async () => {
  const { told, options } = story();
  const parts = await startRunningParts("a", options);
  await Promise.all([parts.change(async () => "b"), parts.change(async () => "c")]);
  assert.deepEqual(told, ["start a", "end a", "start b", "end b", "start c"]);
});

test("what is not chosen ends nothing", async () => {
  const { told, options } = story();
  const parts = await startRunningParts("a", options);
  await assert.rejects(
    parts.change(async () => {
      throw new Error("not this one");
    }),
    /not this one/,
  );
  assert.deepEqual(told, ["start a"]);
});

test("new parts that do not start leave the old ones running, and say why", async () => {
  const { told, options, refuse } = story();
  const parts = await startRunningParts("a", options);
  refuse.add("start b");
  await assert.rejects(
    parts.change(async () => "b"),
    /start b is refused/,
  );
  await parts.end();
  assert.deepEqual(told, ["start a", "end a", "start b", "start a", "end a"]);
});

test("where neither start they are tried until one does", async () => {
  const { told, options, refuse } = story();
  const parts = await startRunningParts("a", options);
  for (const place of ["a", "b"]) refuse.add(`start ${place}`);
  const changed = parts.change(async () => "b");
  await waitUntil(() => told.filter((what) => what === "start a").length === 2, { what: "both were tried" });
  refuse.clear();
  await changed;
  assert.equal(told.at(-1), "start b");
});

test("where neither start a stop ends the trying, and a change after it does nothing", async () => {
  const { told, options, refuse, stopping } = story();
  const parts = await startRunningParts("a", options);
  for (const place of ["a", "b"]) refuse.add(`start ${place}`);
  const changed = parts.change(async () => "b");
  changed.catch(() => {});
  await waitUntil(() => told.includes("start b"), { what: "it was tried" });
  stopping.abort();
  await assert.rejects(changed, /start b is refused/);
  await parts.end();
  const before = told.length;
  await parts.change(async () => "c");
  assert.equal(told.length, before);
});
