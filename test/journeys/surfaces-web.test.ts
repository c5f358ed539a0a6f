/** What somebody with a browser sees of a delivery, in a real Chromium: what a person could read on the page, and no more. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { monotonicMs } from "../../src/clock.ts";
import { goTo, inBrowser, shareBrowser } from "../world/browser.ts";
import { blocked, candidateOf, handOverByCommand, integrated } from "../world/facts.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { World } from "../world/world.ts";

const journey = inBrowser(shareWorld({ files: { "shared.txt": "one\n", "other.txt": "one\n" } }));
const openBoard = shareBrowser();

/** A candidate's row in one of the line's lists. */
function rowIn(page: Page, list: string, slug: string): Locator {
  return page.getByRole("list", { name: list }).getByRole("link", { name: slug });
}

/** Two workers change one place; the first one lands. The slug that cannot. */
async function conflict(world: World, name: string, file: string): Promise<string> {
  const [first, second] = [await world.worker(`${name}-first`), await world.worker(name)];
  await first.commit({ [file]: `${name} one\n` });
  await integrated(world, await handOverByCommand(world, first));
  await second.commit({ [file]: `${name} two\n` });
  await handOverByCommand(world, second);
  await blocked(world, { slug: name }, "conflict");
  return name;
}

journey(
  "[V6] a hand-over appears in an open page without a reload, moves to Landed, and its notification is resolved",
  async (world) => {
    const { page, complaints } = await openBoard(world);
    await world.signalbox("queue", "pause", "--reason", "to look at it");
    await page.locator("#main").getByText("The line is paused.").waitFor();
    const worker = await world.worker("cart-total");
    await worker.commit({ "total.txt": "1\n" });
    const candidate = await handOverByCommand(world, worker);
    await rowIn(page, "Queued", "cart-total").waitFor();
    await goTo(page, "/inbox");
    await page.getByRole("link", { name: /cart-total is (queued|on its way to main)/ }).waitFor();

    await world.signalbox("queue", "resume", "--reason", "seen");
    await integrated(world, candidate);
    await page.getByRole("radio", { name: "All" }).check();
    const row = page.getByRole("link", { name: /cart-total is on main/ });
    await row.waitFor();
    await row.getByText("resolved").waitFor();
    await goTo(page, "/");
    await rowIn(page, "Landed", "cart-total").waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

journey(
  "[V2] a conflict is on the siding, rings in the title, and its page shows both sides, the follow-up and what to do",
  async (world) => {
    const { page, complaints } = await openBoard(world);
    const slug = await conflict(world, "search-index", "shared.txt");
    await rowIn(page, "Blocked", slug).waitFor();
    await waitUntil(async () => /^\(\d+\) /.test(await page.title()), {
      what: "the title counts what needs attention",
    });
    await rowIn(page, "Blocked", slug).click();
    await page.getByRole("heading", { level: 1, name: slug }).waitFor();
    const sides = page.getByRole("figure");
    await sides.first().waitFor();
    assert.match((await sides.allInnerTexts()).join("\n"), /search-index-first one|search-index one/);
    assert.match((await sides.allInnerTexts()).join("\n"), /search-index two/);
    await page.getByRole("heading", { name: /^Follow-up/ }).waitFor();
    await page.getByText("signalbox submit", { exact: true }).waitFor();
    await goTo(page, "/inbox");
    const row = page.getByRole("link", { name: new RegExp(`${slug} is blocked`) });
    await row.getByText("needs attention").waitFor();
    await row.click();
    await page.getByRole("button", { name: "Claim" }).waitFor();
    await page.keyboard.press("a");
    await page
      .getByText(/claimed by/)
      .first()
      .waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

journey(
  "what one browser does, another one sees within a second, and so does the command line",
  async (world) => {
    const [one, two] = [await openBoard(world), await openBoard(world, { scheme: "light" })];
    await one.page.getByRole("button", { name: "Pause" }).click();
    await one.page.getByLabel("Reason").fill("release freeze");
    const seen = two.page.getByText("release freeze").first().waitFor();
    const began = monotonicMs();
    await one.page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
    await seen;
    assert.ok(monotonicMs() - began < 1000, `${monotonicMs() - began} ms`);
    const { paused } = await world.json<{ paused: { reason: string } | null }>("status");
    assert.equal(paused?.reason, "release freeze");
    await two.page.getByRole("button", { name: "Resume" }).click();
    await two.page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
    await one.page.getByRole("button", { name: "Pause" }).waitFor();
    for (const { context, complaints } of [one, two]) {
      assert.deepEqual(complaints, []);
      await context.close();
    }
  },
);

journey("a retry asks first, and after it the candidate waits in line again", async (world) => {
  const slug = await conflict(world, "price-rounding", "other.txt");
  const { page, context } = await openBoard(world, { at: `/candidate/${slug}` });
  await world.signalbox("queue", "pause", "--reason", "so that it stays queued");
  await page.getByRole("button", { name: "Retry" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  assert.equal((await world.json<{ status: string }>("queue", "show", slug)).status, "blocked");
  await page.keyboard.press("r");
  await page.getByRole("dialog").getByRole("button", { name: "Retry" }).click();
  await page.getByText(`${slug} is queued again.`).waitFor();
  await page.getByText("queued", { exact: true }).first().waitFor();
  await world.signalbox("queue", "resume", "--reason", "seen");
  await blocked(world, { slug });
  await context.close();
});

journey(
  "after a kill of the daemon the page shows the truth within 5 s of its return, without a reload",
  async (world) => {
    const { page, context } = await openBoard(world);
    await page.evaluate("document.body.dataset.kept = 'yes'");
    const { daemon } = await world.json<{ daemon: { pid: number } }>("status");
    process.kill(daemon.pid, "SIGKILL");
    await page.getByText("No connection to the daemon").waitFor();
    const worker = await world.worker("while-away");
    await worker.commit({ "away.txt": "1\n" });
    await worker.push();
    await candidateOf(worker);
    await world.up();
    const began = monotonicMs();
    await page.getByText("Live", { exact: true }).waitFor();
    assert.ok(monotonicMs() - began < 5000, `${monotonicMs() - began} ms`);
    await integrated(world, await handOverByCommand(world, worker));
    await rowIn(page, "Landed", "while-away").waitFor();
    assert.equal(await page.evaluate("document.body.dataset.kept"), "yes");
    await context.close();
  },
);
