/** The pages themselves: readable by everybody, by keyboard, on a phone, for who may only look; and nothing leaves the machine. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { boardSchema } from "../../../src/board/shapes-of-api.ts";
import { goTo, inBrowser, type Look, shareBrowser } from "../../world/browser.ts";
import { blocked, handOverByCommand, integrated } from "../../world/facts.ts";
import { apiOf } from "../../world/http.ts";
import { shareWorld } from "../../world/shared.ts";
import { waitUntil } from "../../world/wait-until.ts";
import type { World } from "../../world/world.ts";

const inside = inBrowser(shareWorld({ files: { "shared.txt": "one\n" } }));
const openBoard = shareBrowser();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** One landed, one blocked, one queued behind a pause, one without a review. */
async function settle(world: World): Promise<void> {
  const [lands, blocks] = [await world.worker("cart-total"), await world.worker("search-index")];
  await lands.commit({ "shared.txt": "two\n" });
  await integrated(world, await handOverByCommand(world, lands));
  await blocks.commit({ "shared.txt": "three\n", "src/index.ts": "export const index = [];\n" });
  await handOverByCommand(world, blocks);
  await blocked(world, { slug: "search-index" });
  await world.signalbox("queue", "pause", "--reason", "release freeze");
  const waits = await world.worker("csv-export");
  await waits.commit({ "csv.txt": "1\n" });
  await handOverByCommand(world, waits);
  const unreviewed = await world.worker("dark-mode");
  await unreviewed.commit({ "dark.txt": "1\n" });
  await world.signalboxIn({ cwd: unreviewed.directory }, "submit", "--json");
}

/** Every view, with what stands on it when it has been drawn. */
const views: [address: string, sign: string][] = [
  ["/", "On the line"],
  ["/candidate/search-index", "Conflicts"],
  ["/inbox", "Notifications"],
  ["/history", "Landings a day"],
  ["/events?type=domain.software-development.deployment.failed", "Schema of deployment.failed"],
  ["/sessions", "Sessions"],
  ["/health", "git"],
];

const looks: [name: string, look: Look][] = [
  ["dark", { scheme: "dark" }],
  ["light", { scheme: "light" }],
  ["on a phone", { scheme: "light", width: 390, height: 844 }],
];

for (const [name, look] of looks)
  inside(`no view has anything that axe finds, complains, or asks another host (${name})`, async (world) => {
    if (name === "dark") await settle(world);
    const { page, context, complaints } = await openBoard(world, look);
    await page.getByRole("link", { name: "csv-export" }).waitFor();
    for (const [address, sign] of views) {
      await goTo(page, address);
      await page.getByRole("main").getByText(sign).first().waitFor();
      assert.deepEqual(await violations(page), [], address);
      const overhang = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      assert.ok(Number(overhang) <= 0, `${address} is ${overhang} px wider than the screen`);
    }
    assert.deepEqual(complaints, []);
    await context.close();
  });

inside("everything is reached by keyboard: views, rows, the filter, the help, and back", async (world) => {
  const { page, context } = await openBoard(world);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await waitUntil(() => page.url().includes("#/candidate/"), { what: "Enter opens the first row" });
  for (const [keys, address] of Object.entries({
    gi: "#/inbox",
    gh: "#/history",
    ge: "#/events",
    gs: "#/sessions",
    gd: "#/health",
    gl: "#/",
  })) {
    for (const key of keys) await page.keyboard.press(key);
    await waitUntil(() => page.url().endsWith(address), { what: `${keys} goes to ${address}` });
  }
  // The address changes before the view is drawn.
  const filter = page.getByRole("searchbox");
  await filter.waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("search");
  assert.equal(await filter.inputValue(), "search");
  await page.getByRole("list", { name: "Queued" }).waitFor({ state: "detached" });
  await page.getByRole("list", { name: "Blocked" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("list", { name: "Queued" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "detached" });
  await page.keyboard.press("t");
  assert.equal(await page.evaluate("document.documentElement.dataset.theme"), "dark");
  await page.keyboard.press("p");
  await page.getByRole("dialog").getByRole("heading", { name: "Resume the line?" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await context.close();
});

inside("a theme chosen by hand holds against the system's, for the page and for its plots", async (world) => {
  for (const [scheme, presses, ground, bar] of [
    ["dark", 2, "rgb(243, 245, 248)", "15,122,67"],
    ["light", 1, "rgb(14, 19, 25)", "76,207,134"],
  ] as const) {
    const { page, context } = await openBoard(world, { scheme, at: "/history" });
    await page.locator("canvas").first().waitFor();
    for (let press = 0; press < presses; press++) await page.keyboard.press("t");
    assert.equal(await page.evaluate("getComputedStyle(document.documentElement).backgroundColor"), ground);
    await waitUntil(async () => String(await page.evaluate(canvasColours)).includes(bar), {
      what: "the landings are drawn in the theme's green",
    });
    await context.close();
  }
});

/** Every colour of the page's first plot, as `r,g,b` (in the page). */
const canvasColours = `(() => {
  const canvas = document.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let at = 0; at < data.length; at += 4) colours.add(data.slice(at, at + 3).join());
  return [...colours].join(" ");
})()`;

inside(
  "commits and branches lead to their forge, in a tab that learns nothing of this page",
  async (world) => {
    const { page, context, complaints } = await openBoard(world);
    const api = await apiOf(world);
    const board = boardSchema.parse((await api.ask("/board")).json);
    assert.equal(board.links, null, "the remote is a folder");
    const [landed] = board.line.landed;
    assert.ok(landed?.merge_commit);
    await page.getByRole("link", { name: landed.slug }).waitFor();
    assert.equal(await page.locator('a[target="_blank"]').count(), 0);

    const forge = "https://forge.example/acme/shop";
    const links = { commit: `${forge}/commit/{sha}`, branch: `${forge}/tree/{branch}` };
    const body = `id: 1-0\nevent: board\ndata: ${JSON.stringify({ ...board, links })}\n\n`;
    await page.route("**/api/v1/stream", (route) =>
      route.fulfill({ contentType: "text/event-stream", body }),
    );
    await page.reload();
    const out = page.getByRole("link", {
      name: `commit ${landed.merge_commit.slice(0, 7)} at forge.example`,
    });
    await out.waitFor();
    assert.equal(await out.getAttribute("href"), `${forge}/commit/${landed.merge_commit}`);
    await goTo(page, "/candidate/search-index");
    await page.getByRole("link", { name: "branch search-index at forge.example" }).waitFor();
    for (const link of await page.locator(`a[href^="https:"]`).all()) {
      assert.match(
        (await link.getAttribute("href")) ?? "",
        /^https:\/\/forge\.example\/acme\/shop\/(commit|tree)\//,
      );
      assert.deepEqual(
        [await link.getAttribute("target"), await link.getAttribute("rel")],
        ["_blank", "noopener noreferrer"],
      );
    }
    assert.deepEqual(await violations(page), []);
    await goTo(page, "/candidate/cart-total");
    await page.getByRole("link", { name: /^commit of main [0-9a-f]{7} at forge\.example$/ }).waitFor();
    assert.equal(await page.getByRole("link", { name: /^branch / }).count(), 0, "its branch is gone");
    await page.getByRole("listitem").filter({ hasText: "has landed and is on main" }).waitFor();
    assert.equal(await page.locator(".conditions .fails").count(), 0, "to have landed is no fault");
    assert.deepEqual(complaints, []);
    await context.close();
  },
);

inside("who may only look is offered nothing to act with, and keys act on nothing", async (world) => {
  const { page, context, complaints } = await openBoard(world, {
    viewer: true,
    at: "/candidate/search-index",
  });
  await page.getByRole("heading", { level: 1, name: "search-index" }).waitFor();
  await page.getByRole("heading", { name: /^Conflicts/ }).waitFor();
  for (const name of ["Pause", "Resume", "Retry", "Withdraw", "Acknowledge"])
    assert.equal(await page.getByRole("button", { name, exact: true }).count(), 0, name);
  await page.keyboard.press("r");
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

inside(
  "a link opens the board once; its code leaves the address at once, and a second use says how to get in",
  async (world) => {
    const { page, context } = await openBoard(world);
    assert.doesNotMatch(page.url(), /code/);
    const { url } = await world.json<{ url: string }>("open");
    const other = await context.browser()?.newContext();
    assert.ok(other);
    const first = await other.newPage();
    await first.goto(url);
    await first.getByText("Live", { exact: true }).waitFor();
    await other.clearCookies();
    const second = await other.newPage();
    await second.goto(url);
    await second.getByText("This browser is not signed in.").waitFor();
    await second.getByText("signalbox open", { exact: true }).waitFor();
    assert.doesNotMatch(second.url(), /code/);
    const again = await world.json<{ url: string }>("open");
    await second.getByRole("textbox").fill(again.url);
    await second.getByRole("button", { name: "Sign in" }).click();
    await second.getByText("Live", { exact: true }).waitFor();
    await other.close();
    await context.close();
  },
);

inside("markup that came from a person is shown as text, and runs nothing", async (world) => {
  const { page, context, complaints } = await openBoard(world);
  await world.signalbox("queue", "resume", "--reason", "once more");
  await world.signalbox("queue", "pause", "--reason", "<img src=x onerror=alert(1)>");
  await page.getByText("<img src=x onerror=alert(1)>").first().waitFor();
  assert.equal(await page.locator("main img").count(), 0);
  assert.deepEqual(complaints, []);
  await context.close();
});

type Violation = { id: string; nodes: { target: string[]; failureSummary: string }[] };

async function violations(page: Page): Promise<string[]> {
  // By the debugger: the page's own policy allows no script but its own.
  await page.evaluate(axe);
  const found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
  // as: the shape that axe documents.
  const { violations: all } = found as { violations: Violation[] };
  return all.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`),
  );
}
