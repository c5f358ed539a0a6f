import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { reasonCodes } from "../src/integration/reasons.ts";

const root = join(import.meta.dirname, "..");

/** Codes that are no failure's: of schema issues and of findings. */
const notFailures = new Set(["custom"]);

async function codesInSource(): Promise<Set<string>> {
  const codes = new Set<string>();
  const made =
    /(?:badInput|unavailable)\(\s*"([a-z][a-z0-9_]+)"|\bcode:\s*(?:\w+ \? )?"([a-z][a-z0-9_]+)"(?: : "([a-z_]+)")?|\bno\(\s*"([a-z_]+)"/g;
  for await (const file of glob("src/**/*.ts", { cwd: root })) {
    const text = await readFile(join(root, file), "utf8");
    for (const match of text.matchAll(made))
      for (const code of match.slice(1)) if (code !== undefined) codes.add(code);
  }
  return codes;
}

test("docs/errors.md lists every failure code, and none that does not exist", async () => {
  const page = readFileSync(join(root, "docs", "errors.md"), "utf8");
  const listed = new Set([...page.matchAll(/`([a-z][a-z0-9_]+)`/g)].map(([, code]) => code ?? ""));
  const made = await codesInSource();
  for (const code of made)
    assert.ok(listed.has(code) || notFailures.has(code), `docs/errors.md does not list ${code}`);
  const failures = page.slice(page.indexOf("## Failure codes"));
  const reasons = new Set<string>(reasonCodes);
  for (const [, code = ""] of failures.matchAll(/^\|(.*?)\|/gm))
    for (const [, name = ""] of code.matchAll(/`([a-z][a-z0-9_]+)`/g))
      assert.ok(made.has(name) || reasons.has(name), `${name} is listed, but nothing makes it`);
});
