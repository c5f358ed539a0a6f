/** `init --agents`: what coding agents are told, and that nobody's own words are lost over it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { agentFiles, withBlock } from "../../../src/surfaces/cli/agents/texts.ts";
import { groups, sections } from "../../../src/surfaces/cli/commands.ts";
import { parse as parseCommand } from "../../../src/surfaces/cli/parser.ts";
import { told } from "../../world/child.ts";
import { inWorld, type World } from "../../world/world.ts";

type Written = { file: string; change: string; why: string | null };
const files = [
  "AGENTS.md",
  "CLAUDE.md",
  ".claude/commands/next-finalize.md",
  ".agents/skills/next-finalize/SKILL.md",
];

describe("the block in a file of the project's own", () => {
  test("is put at the end, and replaced in its place", () => {
    const first = withBlock("# Ours\n", "one") ?? "";
    assert.ok(first.startsWith("# Ours\n\n<!-- signalbox: begin"));
    const second = withBlock(`${first}more of ours\n`, "two") ?? "";
    assert.ok(second.startsWith("# Ours\n"));
    assert.ok(second.endsWith("\nmore of ours\n"));
    assert.doesNotMatch(second, /\none\n/);
    assert.equal(second.split("signalbox: begin").length, 2);
  });

  test("is as it was the second time, with the file's own line ends", () => {
    for (const before of [null, "", "a", "a\n", "a\r\nb\r\n"]) {
      const once = withBlock(before, "x\ny");
      assert.equal(withBlock(once, "x\ny"), once, JSON.stringify(before));
    }
    assert.doesNotMatch((withBlock("a\r\nb\r\n", "x\ny") ?? "").replaceAll("\r\n", ""), /\n/);
  });

  test("with one marker only, nobody knows what is whose: nothing is touched", () => {
    const whole = withBlock("", "x") ?? "";
    assert.equal(withBlock(whole.replace(/.*signalbox: end.*\n/, ""), "x"), null);
    assert.equal(withBlock(whole.replace(/.*signalbox: begin.*\n/, ""), "x"), null);
  });
});

test("every command that agents are told to run is one, and takes these words", () => {
  const named = agentFiles("main").flatMap(({ text }) =>
    [...text.matchAll(/`signalbox ([^`]+)`/g)].map(([, words]) => words ?? ""),
  );
  assert.ok(named.length > 10);
  for (const words of named) {
    if (words.includes(":*")) continue;
    const argv = words.replaceAll("SLUG", "search").replaceAll("FILE", "findings.md").split(" ");
    const parsed = parseCommand(argv, { sections, groups, version: "0" }, "/");
    assert.equal(parsed.kind, "command", words);
  }
});

test("the command files have the head that their tools read", () => {
  for (const { path, text } of agentFiles("main").filter(({ kind }) => kind === "own")) {
    const head = /^---\n([\s\S]*?)\n---\n/.exec(text)?.[1] ?? "";
    const fields: Record<string, unknown> = parse(head);
    assert.equal(typeof fields.description, "string", path);
    if (path.endsWith("SKILL.md")) assert.equal(fields.name, "next-finalize");
  }
});

test(
  "init --agents writes the files once, and keeps what people wrote around and in them",
  inWorld({ down: true, files: { "CLAUDE.md": "Be kind.\n" } }, async (world) => {
    const first = await initAgents(world);
    assert.deepEqual(
      first.map(({ file, change }) => [file, change]),
      [
        ["AGENTS.md", "written"],
        ["CLAUDE.md", "updated"],
        [".claude/commands/next-finalize.md", "written"],
        [".agents/skills/next-finalize/SKILL.md", "written"],
      ],
    );
    const claude = await readFile(join(world.clone, "CLAUDE.md"), "utf8");
    assert.match(claude, /^Be kind\.\n[\s\S]*@AGENTS\.md/);
    assert.match(await readFile(join(world.clone, "AGENTS.md"), "utf8"), /`main` is not yours/);

    await writeFile(join(world.clone, ".claude/commands/next-finalize.md"), "Our own way.\n");
    const again = await initAgents(world);
    assert.deepEqual(
      again.map(({ change }) => change),
      ["kept", "kept", "kept", "kept"],
    );
    assert.match(again[2]?.why ?? "", /by hand/);
    assert.equal(
      await readFile(join(world.clone, ".claude/commands/next-finalize.md"), "utf8"),
      "Our own way.\n",
    );
    assert.equal(await readFile(join(world.clone, "CLAUDE.md"), "utf8"), claude);
  }),
);

test(
  "asked in a worktree, it writes there and leaves the main checkout alone; without --agents it writes none",
  inWorld({ down: true }, async (world) => {
    const plain = await world.signalbox("init");
    assert.equal(plain.code, 0, told(plain));
    const worker = await world.worker("tell-agents");
    const ran = await world.signalboxIn({ cwd: worker.directory }, "init", "--agents");
    assert.equal(ran.code, 0, told(ran));
    assert.match(ran.stderr, /commit/);
    for (const file of files) {
      assert.ok(existsSync(join(worker.directory, file)), file);
      assert.equal(existsSync(join(world.clone, file)), false, file);
    }
  }),
);

test(
  "a link is followed within the repository, and never out of it",
  inWorld({ down: true, files: { "CLAUDE.md": "Ours.\n" } }, async (world) => {
    await symlink("CLAUDE.md", join(world.clone, "AGENTS.md"));
    await mkdir(join(world.place, "elsewhere"));
    await symlink(join(world.place, "elsewhere"), join(world.clone, ".claude"));
    const [agents, claude, command, skill] = await initAgents(world);
    assert.equal(agents?.change, "updated");
    assert.equal(claude?.change, "kept");
    assert.match(await readFile(join(world.clone, "CLAUDE.md"), "utf8"), /^Ours\.\n[\s\S]*is not yours/);
    assert.deepEqual([command?.change, command?.why], ["kept", "it leads out of the repository"]);
    assert.equal(existsSync(join(world.place, "elsewhere/commands")), false);
    assert.equal(skill?.change, "written");
  }),
);

async function initAgents(world: World): Promise<Written[]> {
  const { agents } = await world.json<{ agents: Written[] }>("init", "--agents");
  return agents;
}
