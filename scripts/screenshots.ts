/**
 * Takes the screenshots of the web board in docs/screenshots: a real line in a temporary folder, with branches that landed,
 * that conflict, that wait, and one whose push is held up, seen in Chromium, dark, light and on a phone.
 * Run: node scripts/screenshots.ts
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { blocked, handOverByCommand, integrated } from "../test/world/facts.ts";
import { waitUntil } from "../test/world/wait-until.ts";
import { openWorld, type World } from "../test/world/world.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "docs/screenshots");

type Shot = { name: string; at: string; sign: string; scheme?: "dark" | "light"; phone?: boolean };

const shots: Shot[] = [
  { name: "line", at: "/", sign: "Checks: none configured" },
  { name: "line-light", at: "/", sign: "Checks: none configured", scheme: "light" },
  { name: "line-phone", at: "/", sign: "Checks: none configured", phone: true },
  { name: "candidate", at: "/candidate/invoice-pdf", sign: "Conflicts" },
  { name: "inbox", at: "/inbox", sign: "invoice-pdf is blocked" },
  { name: "history", at: "/history", sign: "Landings a day", scheme: "light" },
  {
    name: "events",
    at: "/events?type=domain.software-development.deployment.failed",
    sign: "Schema of deployment.failed",
  },
  { name: "sessions", at: "/sessions", sign: "integrator", scheme: "light" },
  { name: "health", at: "/health", sign: "git version" },
];

await promisify(execFile)(process.execPath, ["scripts/build-web.mjs"], { cwd: root });
await mkdir(folder, { recursive: true });
await using world = await openWorld({
  // A push that is held up must not outlast its lease.
  config: { repository: "acme/shop", lease: { ttl: "120s", renew: "30s" } },
  files: { "src/invoice/render.ts": render("sum(lines)"), "README.md": "# Shop\n" },
});
const gate = await settle(world);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  for (const shot of shots) await take(browser, world, shot);
} finally {
  await browser.close();
  await rm(gate, { force: true });
}
await integrated(world, { slug: "two-factor" });

function render(total: string): string {
  return `export function render(lines: Line[]): Page {\n  const total = ${total};\n  return page(lines, total);\n}\n`;
}

/** A line in the middle of its day. Gives the file that holds its push up, until it is removed. */
async function settle(world: World): Promise<string> {
  const conflicting = await world.worker("invoice-pdf");
  await conflicting.commit({
    "src/invoice/render.ts": render("sum(lines).toFixed(2)"),
    "src/invoice/pdf.ts": "export {};\n",
  });
  for (const slug of ["cart-total", "price-rounding", "search-index", "dark-mode", "audit-trail"])
    await integrated(world, await land(world, slug));
  await handOverByCommand(world, conflicting);
  await blocked(world, { slug: "invoice-pdf" }, "conflict");

  const gate = join(world.place, "gate");
  await writeFile(gate, "");
  const hook = join(world.place, "origin.git/hooks/pre-receive");
  await writeFile(
    hook,
    `#!/bin/sh\nwhile read -r old new ref; do\n  [ "$ref" = refs/heads/main ] && held=1\ndone\nwhile [ -n "$held" ] && [ -e "${gate}" ]; do sleep 0.1; done\n`,
  );
  await chmod(hook, 0o755);
  for (const slug of ["login-throttle", "retry-policy", "rate-limits"]) await unreviewed(world, slug);
  await world.signalbox("queue", "pause", "--reason", "so that they travel together");
  for (const slug of ["two-factor", "webhook-signing"]) await land(world, slug);
  await world.signalbox("queue", "resume", "--reason", "go");
  await waitUntil(
    async () =>
      (await world.json<{ phase: string | null }>("queue", "show", "two-factor")).phase === "pushing",
    {
      what: "the push is held up",
      everyMs: 200,
    },
  );
  for (const slug of ["csv-export", "shipping-zones", "onboarding-tour"]) await land(world, slug);
  return gate;
}

async function land(world: World, slug: string) {
  const worker = await world.worker(slug);
  await worker.commit(
    slug === "price-rounding"
      ? { "src/invoice/render.ts": render("round(sum(lines), 2)") }
      : { [`src/${slug}.ts`]: `export const name = "${slug}";\n` },
  );
  return handOverByCommand(world, worker);
}

async function unreviewed(world: World, slug: string): Promise<void> {
  const worker = await world.worker(slug);
  await worker.commit({ [`src/${slug}.ts`]: "export {};\n" });
  await world.signalboxIn({ cwd: worker.directory }, "submit", "--json");
}

async function take(browser: Browser, world: World, shot: Shot): Promise<void> {
  const { name, at, sign, scheme = "dark", phone = false } = shot;
  const viewport = phone ? { width: 390, height: 844 } : { width: 1440, height: 900 };
  const context = await browser.newContext({
    viewport,
    colorScheme: scheme,
    deviceScaleFactor: phone ? 2 : 1,
  });
  const page = await context.newPage();
  const { url } = await world.json<{ url: string }>("open");
  await page.goto(url);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.evaluate(`location.hash = ${JSON.stringify(`#${at}`)}`);
  await page.getByRole("main").getByText(sign).first().waitFor();
  if (name === "inbox" || name === "sessions") await openFirst(page);
  await stillStanding(page);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await context.close();
}

/** The second half of a view that shows what was chosen from its list. */
async function openFirst(page: Page): Promise<void> {
  await page.getByRole("main").getByRole("listitem").getByRole("link").first().click();
  await page.getByRole("button", { name: "Close" }).waitFor();
}

/** Trains have arrived where they stand, plots are drawn. */
async function stillStanding(page: Page): Promise<void> {
  await page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))");
  await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
}
