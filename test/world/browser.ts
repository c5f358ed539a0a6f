/**
 * A real browser on a world's web board: Chromium (the system's), signed in by a link of `signalbox open`. Everything a page
 * complains of, and every request that leaves the daemon, is kept, so that a test can say that there was none.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { Journey } from "./shared.ts";
import type { World } from "./world.ts";

const root = join(import.meta.dirname, "../..");
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = places.find((place) => existsSync(place));

/** Why the tests of the pages are left out; false where they are not. */
export const noBrowser: string | false =
  executablePath === undefined && "Chromium not installed (apt-get install chromium)";

/** Declares tests as `journey` does, or leaves them out where there is no browser. */
export function inBrowser(journey: Journey): Journey {
  return noBrowser === false ? journey : (title) => void test(title, { skip: noBrowser });
}

export type Look = {
  scheme?: "dark" | "light";
  width?: number;
  height?: number;
  /** Signed in as somebody who may only look. */
  viewer?: boolean;
  /** The fragment to begin at. */
  at?: string;
};

export type OpenBoard = {
  page: Page;
  context: BrowserContext;
  /** What the page complained of, and requests that went elsewhere. */
  complaints: string[];
};

/** One browser for a file's tests, and the web board as it is now, built. Gives what opens a page that is signed in. */
export function shareBrowser(): (world: World, look?: Look) => Promise<OpenBoard> {
  let browser: Browser | null = null;
  before(async () => {
    if (executablePath === undefined) return;
    await buildIfOld();
    // A container's user is root, for whom Chromium's own sandbox does not start; the pages are all ours.
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  });
  after(() => browser?.close());
  return async (world, look = {}) => {
    assert.ok(browser, "the browser did not start");
    const { scheme = "dark", width = 1280, height = 800, viewer = false, at = "/" } = look;
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height } });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const { url } = await world.json<{ url: string }>("open", ...(viewer ? ["--viewer"] : []));
    const complaints = listen(page, new URL(url).origin);
    await page.goto(url);
    await page.getByText("Live", { exact: true }).waitFor();
    if (at !== "/") await goTo(page, at);
    return { page, context, complaints };
  };
}

/** Opens a view of the page by its address. */
export async function goTo(page: Page, fragment: string): Promise<void> {
  // As text: the tests' own compiler knows no browser.
  await page.evaluate(`location.hash = ${JSON.stringify(`#${fragment}`)}`);
}

function listen(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    // A daemon that is away is what some tests are about: the browser itself tells of every call that failed.
    const isAway = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET/.test(message.text());
    // A session may end between the board that names it and the look at its log.
    const isOver = /404/.test(message.text()) && /\/sessions\/[^/]+\/log/.test(message.location().url);
    const isLoud = ["error", "warning"].includes(message.type());
    if (isLoud && !isAway && !isOver) complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const { origin: asked, protocol } = new URL(request.url());
    if (asked !== origin && protocol !== "data:") complaints.push(`a request to ${request.url()}`);
  });
  return complaints;
}

async function buildIfOld(): Promise<void> {
  const built = statSync(join(root, "dist/web/index.html"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = globSync("src/surfaces/web/**/*.*", { cwd: root });
  const newest = Math.max(...sources.map((path) => statSync(join(root, path)).mtimeMs));
  if (newest > built) await promisify(execFile)(process.execPath, ["scripts/build-web.mjs"], { cwd: root });
}
