/** A thousand candidates: the page draws what can be seen, and no more than a frame's worth of work for each frame. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CDPSession, Page } from "playwright-core";
import { noBrowser, shareBrowser } from "../../world/browser.ts";
import { prefix, startOf } from "../../world/facts.ts";
import { waitUntil } from "../../world/wait-until.ts";
import { openWire } from "../../world/wire.ts";
import { inWorld, type World } from "../../world/world.ts";

const openBoard = shareBrowser();
const candidates = 1000;
const frames = 120;
const frameMs = 16;

test(
  "a thousand candidates scroll within 16 ms of work a frame, and an event reaches the open page within a second",
  { skip: noBrowser },
  inWorld({}, async (world) => {
    const { page, context, complaints } = await openBoard(world);
    await handOverMany(world);
    const count = page.getByRole("region", { name: /^Not ready/ }).locator(".count");
    await waitUntil(async () => (await count.textContent()) === candidates.toLocaleString("en"), {
      what: "all candidates are on the page",
      withinMs: 240_000,
    });
    const drawn = await page.getByRole("list", { name: "Not ready" }).getByRole("listitem").count();
    assert.ok(drawn < 60, `${drawn} rows are drawn`);

    const busyMs = await workAFrame(page);
    assert.ok(busyMs < frameMs, `${busyMs.toFixed(1)} ms of work a frame`);

    // A person pauses the line: the page hears of it while a thousand candidates are on it.
    const heard = page.locator("#main").getByText("The line is paused.").waitFor();
    const { daemon } = await world.json<{ daemon: { running: boolean } }>("status");
    assert.ok(daemon.running);
    await world.signalbox("queue", "pause", "--reason", "to see it arrive");
    const said = await page.evaluate("performance.now()");
    await heard;
    const seen = await page.evaluate("performance.now()");
    assert.ok(Number(seen) - Number(said) < 1000, `${Number(seen) - Number(said)} ms`);
    assert.deepEqual(complaints, []);
    await context.close();
  }),
);

/** Candidates that nobody has reviewed. */
async function handOverMany(world: World): Promise<void> {
  await using wire = await openWire(world);
  const named = Array.from({ length: candidates }, (_, at) => {
    const slug = `candidate-${String(at).padStart(4, "0")}`;
    return { slug, branch: slug, sha: at.toString(16).padStart(40, "a") };
  });
  await Promise.all(named.map((candidate) => wire.emit(`${prefix}deployment.started`, startOf(candidate))));
}

/**
 * Scrolls the longest list, a step a frame, and gives the page's own work in ms a frame: processor time of its main thread, so that
 * what else runs on the machine does not count.
 */
async function workAFrame(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const before = await busySeconds(session);
  await page.evaluate(`new Promise((done) => {
    const rows = [...document.querySelectorAll(".rows")].sort((a, b) => b.scrollHeight - a.scrollHeight)[0];
    let left = ${frames};
    const step = () => {
      rows.scrollTop += 240;
      left -= 1;
      if (left === 0) done(); else requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  })`);
  return ((await busySeconds(session)) - before) * (1000 / frames);
}

async function busySeconds(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
}
