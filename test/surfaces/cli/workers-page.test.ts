/** docs/workers.md: what it shows can be used as it stands. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { argumentsOf, parseCommand } from "../../../src/config/command-template.ts";
import { readConfiguration } from "../../../src/config/document.ts";
import { groups, sections } from "../../../src/surfaces/cli/commands.ts";
import { parse } from "../../../src/surfaces/cli/parser.ts";
import { runChild, told } from "../../world/child.ts";

const root = join(import.meta.dirname, "../../..");
const page = readFileSync(join(root, "docs/workers.md"), "utf8");
const spec = readFileSync(join(root, "docs/project/spec/integration-orchestrator.md"), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text]) => text ?? "");

describe("each example configuration is accepted, and its commands keep a hostile slug in one word", () => {
  const values = { slug: "a; rm -rf $HOME `x` 'y' \"z\"", branch: "b", base: "origin/main", worktree: "/w" };
  for (const [at, text] of blocks("yaml").entries())
    test(`configuration ${at + 1}`, () => {
      const reading = readConfiguration(text);
      assert.equal(reading.kind, "read", JSON.stringify(reading));
      if (reading.kind !== "read") return;
      const { build, review, fix } = reading.config.workers;
      for (const command of [build, review, fix]) {
        const parsed = parseCommand(command ?? "");
        assert.equal(parsed.kind, "parsed");
        if (parsed.kind !== "parsed") continue;
        const plain = argumentsOf(parsed.words, { ...values, slug: "s" });
        const hostile = argumentsOf(parsed.words, values);
        assert.equal(hostile.length, plain.length);
      }
    });
});

test("there are three of them", () => assert.equal(blocks("yaml").length, 3));

describe("each script is one that sh can read", () => {
  for (const [at, text] of blocks("sh").entries())
    test(`script ${at + 1}`, async () => {
      const ran = await runChild("sh", ["-n"], {
        cwd: root,
        env: { PATH: process.env.PATH ?? "" },
        stdin: text,
      });
      assert.equal(ran.code, 0, told(ran));
    });
});

test("every command that the pages name is one", () => {
  const named = [...`${page}${spec}`.matchAll(/`signalbox ([a-z][^`]*)`/g)].map(([, words]) => words ?? "");
  assert.ok(named.length > 8);
  for (const words of named) {
    const argv = words.replaceAll("SLUG", "search").replaceAll("FILE", "f.md").split(" ");
    if (
      argv[0] === "orchestrate" &&
      !sections.some(({ commands }) => commands.some(({ name }) => name === argv[0]))
    )
      continue;
    if (words === "sessions list")
      assert.ok(sections.some(({ commands }) => commands.some(({ name }) => name === words)));
    else assert.equal(parse(argv, { sections, groups, version: "0" }, "/").kind, "command", words);
  }
});
