import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { commands, groups, sections } from "../../../src/surfaces/cli/commands.ts";
import { completionScript } from "../../../src/surfaces/cli/completion.ts";
import { jsonShapes } from "../../../src/surfaces/cli/json-fields.ts";
import { cliReference } from "../../../src/surfaces/cli/reference.ts";

const root = join(import.meta.dirname, "../../..");

test("docs/cli.md is what the program says of itself", async () => {
  const page = await readFile(join(root, "docs/cli.md"), "utf8");
  assert.equal(page, cliReference(), "run: node scripts/generate-cli-doc.ts");
});

test("the reference names every command and option", () => {
  const page = cliReference();
  for (const { name, options } of commands) {
    const words = name.split(" ");
    assert.ok(page.includes(`signalbox ${words[0]}`), name);
    for (const option of options ?? [])
      assert.ok(page.includes(`\`--${option.name}`), `${name} --${option.name}`);
  }
});

test("the reference names the fields of every command that prints a document of its own", () => {
  const names = commands.map(({ name }) => name);
  for (const name of Object.keys(jsonShapes)) assert.ok(names.includes(name), name);
  const others = [
    "events schema",
    "events quarantine list",
    "events quarantine retry",
    "events quarantine drop",
  ];
  for (const { name, json } of commands)
    assert.equal(json === true, name in jsonShapes || others.includes(name), name);
});

test("bash completes commands, subcommands, options and choices", async () => {
  const complete = async (...words: string[]) => {
    const script = `${completionScript("bash", { sections, groups })}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _signalbox; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)("bash", ["-c", script, "bash", "signalbox", ...words]);
    return stdout.trim().split("\n");
  };
  assert.deepEqual(await complete("stat"), ["status"]);
  assert.deepEqual(await complete("queue", "wi"), ["withdraw"]);
  assert.deepEqual(await complete("-C", "queue", "completion", ""), ["bash", "zsh", "fish", "--help"]);
  assert.deepEqual(await complete("events", "quarantine", "r"), ["retry"]);
  assert.ok((await complete("submit", "--")).includes("--approved-by"));
});

test("the completion scripts name every command", () => {
  for (const shell of ["bash", "zsh", "fish"] as const) {
    const script = completionScript(shell, { sections, groups });
    for (const { name } of [...commands, ...groups])
      assert.ok(script.includes(name.split(" ").at(-1) ?? ""), `${shell}: ${name}`);
  }
});
