/** How much a browser loads before it shows anything, and that all of it comes from the daemon. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const mostBytes = 150_000;

test("the first load is below 150 kB of script, gzipped; the plots come later; nothing stands in the page itself", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sb-web-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const builder: string = "../../../scripts/build-web.mjs";
  const { buildWeb } = await import(builder);
  const told: number = await buildWeb(join(folder, "web"));
  const page = await readFile(join(folder, "web/index.html"), "utf8");
  const asked = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
  assert.ok(asked.length >= 3, page);
  for (const path of asked) assert.match(path, /^\/(?:assets\/)?[\w.-]+$/, `${path} is not the daemon's own`);
  // The content security policy refuses what stands in the page.
  assert.doesNotMatch(page, /<style|<script[^>]*>[^<]|\son\w+=|style="/);
  const scripts = asked.filter((path) => path.endsWith(".js"));
  const bytes = await Promise.all(
    scripts.map(async (path) => gzipSync(await readFile(join(folder, "web", path))).length),
  );
  const sum = bytes.reduce((total, one) => total + one, 0);
  assert.equal(sum, told);
  assert.ok(sum < mostBytes, `${sum} bytes`);
  const all = await readdir(join(folder, "web/assets"));
  assert.ok(
    all.some((name) => name.startsWith("history-view")),
    all.join(" "),
  );
  assert.ok(!scripts.some((path) => path.includes("history-view")), "the plots are loaded at once");
});
