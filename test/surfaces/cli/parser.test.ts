import assert from "node:assert/strict";
import { test } from "node:test";
import { isFailure } from "../../../src/errors.ts";
import { commands, groups, sections } from "../../../src/surfaces/cli/commands.ts";
import { parse } from "../../../src/surfaces/cli/parser.ts";

const grammar = { sections, groups, version: "1.2.3" };

function command(...argv: string[]) {
  const parsed = parse(argv, grammar, "/work");
  assert.equal(parsed.kind, "command");
  return parsed.kind === "command" ? parsed : assert.fail();
}

function refusal(...argv: string[]) {
  try {
    parse(argv, grammar, "/work");
  } catch (error) {
    if (!isFailure(error)) throw error;
    assert.equal(error.exitCode, 2);
    return error;
  }
  return assert.fail(`${argv.join(" ")} was taken`);
}

test("a group alone is its default command", () => {
  assert.equal(command("queue").spec.name, "queue list");
  assert.equal(command("events", "--limit", "3").options.count("limit"), 3);
  assert.equal(command("events", "quarantine", "--json").spec.name, "events quarantine list");
  assert.equal(command("notifications", "--all").options.flag("all"), true);
});

test("-C is followed step by step, before the command only", () => {
  assert.equal(command("-C", "a", "-C", "../b", "status").directory, "/work/b");
  assert.equal(command("-C", "/x", "status").directory, "/x");
  assert.equal(refusal("status", "-C", "a").code, "unknown_option");
});

test("an unknown command names the nearest", () => {
  assert.match(refusal("statsu").cure ?? "", /status/);
  assert.match(refusal("queue", "shwo", "x").cure ?? "", /show/);
  assert.match(refusal("events", "quarantine", "rety").cure ?? "", /retry/);
  assert.equal(refusal("-C", "/tmp", "nonsense").code, "unknown_command");
});

test("an unknown option names the nearest", () => {
  assert.match(refusal("status", "--jsn").cure ?? "", /--json/);
  assert.match(refusal("submit", "--wiat").cure ?? "", /--wait/);
  assert.equal(refusal("submit", "--upload-pack=x").code, "unknown_option");
  assert.equal(refusal("why", "-x").code, "unknown_option");
});

test("wrong arguments and values are bad input", () => {
  const wrong = [
    ["why"],
    ["why", "a", "b"],
    ["queue", "show"],
    ["events", "--limit", "-1"],
    ["events", "--limit", "x"],
    ["submit", "--timeout", "3"],
    ["submit", "--timeout"],
    ["try", "x", "--against", "tomorrow"],
    ["completion", "csh"],
    ["up", "--port", "a"],
    ["projections"],
    [],
  ];
  for (const argv of wrong) refusal(...argv);
});

test("after -- a word is an argument, whatever it looks like", () => {
  assert.deepEqual(command("submit", "--", "--upload-pack=x").args, ["--upload-pack=x"]);
  assert.deepEqual(command("submit").args, [null]);
});

test("options that may be repeated are kept in order", () => {
  assert.deepEqual(command("up", "--repo", "a", "--repo", "b").options.list("repo"), ["a", "b"]);
  assert.equal(command("submit", "--timeout", "90s").options.duration("timeout"), 90_000);
  assert.equal(command("integrate", "--grace", "0s").options.duration("grace"), 0);
});

test("every command has help, and every group", () => {
  for (const { name, about } of [...commands, ...groups]) {
    const parsed = parse([...name.split(" "), "--help"], grammar, "/");
    assert.equal(parsed.kind, "text");
    if (parsed.kind === "text")
      assert.match(parsed.text.replace(/\s+/g, " "), new RegExp(escaped(about)), name);
  }
  const top = parse(["--help"], grammar, "/");
  assert.ok(top.kind === "text" && top.text.includes("-C <dir>"));
  const version = parse(["--version"], grammar, "/");
  assert.ok(version.kind === "text" && version.text === "1.2.3\n");
});

test("no two commands share a name, and each is in one section", () => {
  const names = commands.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.equal(sections.flatMap((section) => section.commands).length, names.length);
});

test("the code of every command loads", async () => {
  for (const { name, load } of commands) assert.equal(typeof (await load()), "function", name);
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
