/** Slugs, commands and outputs that would like to be something else. */
import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { ItemShape } from "../../src/board/shape-item.ts";
import { openAgents, tally } from "../world/agents.ts";
import { told } from "../world/child.ts";
import { integrated } from "../world/facts.ts";
import { handedOver, needsSomebody, orchestrate, startItem } from "../world/orchestrators.ts";
import { shareWorld } from "../world/shared.ts";
import { inWorld } from "../world/world.ts";

const agents = openAgents();
const journey = shareWorld({ config: { workers: agents.workers } });

const nasty = `$(touch hacked); \`touch hacked\`; touch hacked | x > hacked && "' \\\\ \${IFS} %s {slug} {{branch}}`;

describe("a slug that is none is refused at the door", () => {
  for (const slug of [
    "--help-me",
    "-x",
    "../main",
    "a b",
    "a;touch hacked",
    "$(id)",
    "main\n",
    "refs/heads/main",
    "con",
    "",
  ])
    journey(JSON.stringify(slug), async (world) => {
      for (const args of [[slug], ["--", slug]]) {
        const { ran, rows } = await orchestrate(world, args);
        assert.equal(ran.code, 2, told(ran));
        assert.deepEqual(rows, []);
      }
      assert.deepEqual(await readdir(join(agents.folder, "calls")), []);
    });
  journey("--help is help, and -- --help is no slug", async (world) => {
    const help = await world.signalbox("orchestrate", "--help");
    assert.equal(help.code, 0, told(help));
    assert.equal((await orchestrate(world, ["--", "--help"])).ran.code, 2);
  });
  journey("main is no item", async (world) => {
    const { ran } = await orchestrate(world, ["main"]);
    assert.notEqual(ran.code, 0, told(ran));
    assert.equal(await tally(agents, "main"), "");
  });
});

journey("what a worker prints is text, whatever it looks like", async (world) => {
  const slug = "printer";
  const tree = await startItem(world, slug);
  await writeFile(join(agents.folder, "nasty"), `${nasty}\n\u001b]0;title\u0007\u001b[2Jcleared\u202e\n`);
  await agents.play(slug, "builder", 'cat "$here/nasty"; default; cat "$here/nasty"');
  await agents.play(slug, "reviewer", 'cat "$here/nasty"; echo REQUEST_CHANGES');
  await agents.play(slug, "fixer", 'cat "$here/nasty"; default');
  await agents.play(slug, "reviewer", 'echo "APPROVE; touch hacked"; echo "APPROVE $(cat "$here/nasty")"', 2);
  await agents.play(slug, "reviewer", 'cat "$here/nasty"; echo APPROVE', 3);
  const { ran } = await orchestrate(world, [slug]);
  assert.equal(ran.code, 0, told(ran));
  assert.ok(!ran.stderr.includes("\u001b") && !ran.stderr.includes("\u202e"));
  assert.equal(await tally(agents, slug), "builder 1, reviewer 3, fixer 1");
  const item = await world.json<ItemShape>("todo", "show", slug);
  assert.match(item.findings[0]?.text ?? "", /\$\(touch hacked\)/);
  const shown = await world.signalbox("todo", "show", slug);
  assert.ok(!shown.stdout.includes("\u001b") && !shown.stdout.includes("\u202e"));
  await integrated(world, { slug });
  for (const place of [world.clone, tree, agents.folder]) {
    const names: string[] = await readdir(place).catch(() => []);
    assert.ok(!names.includes("hacked"), place);
  }
  assert.ok(!(await world.origin.files()).has("hacked"));
});

test(
  "a value is one word of a command, or a part of one, wherever it stands; no shell ever sees it",
  inWorld({ down: true }, async (world) => {
    const seen = join(world.place, "seen");
    const program = join(world.place, "a folder", "it's a worker");
    await mkdir(join(world.place, "a folder"));
    await writeFile(
      program,
      `#!/bin/sh
for word; do printf '%s\\n' "$word"; done > "${seen}.$SIGNALBOX_ROLE"
case $SIGNALBOX_ROLE in
  builder) echo 1 > built.txt; git add -A; git commit -qm built ;;
  *) echo APPROVE ;;
esac
`,
    );
    await chmod(program, 0o755);
    const quoted = `"${program}"`;
    const config = [
      "workers:",
      `  build: >-\n    ${quoted} "/build {slug}" '{slug} $(touch hacked)' a{slug}b {{slug}} ; | > "{branch}\\"{base}" ''`,
      `  review: >-\n    ${quoted} --against={base} \\{slug\\} "$HOME" *`,
      "  fix: none",
    ].join("\n");
    await writeFile(join(world.clone, "signalbox.yaml"), `${config}\n`);
    await world.up();
    const branch = "topic/it;touch-hacked";
    await world.git("branch", branch, "origin/main");
    const slug = "it-touch";
    const started = await world.signalbox("todo", "start", slug, "--branch", branch);
    assert.equal(started.code, 0, told(started));
    await handedOver(world, slug);
    await integrated(world, { slug });
    const words = async (role: string) =>
      (await readFile(`${seen}.${role}`, "utf8")).split("\n").slice(0, -1);
    assert.deepEqual(await words("builder"), [
      "/build it-touch",
      "it-touch $(touch hacked)",
      "ait-touchb",
      "{slug}",
      ";",
      "|",
      ">",
      'topic/it;touch-hacked"origin/main',
      "",
    ]);
    assert.deepEqual(await words("reviewer"), ["--against=origin/main", "it-touch", "$HOME", "*"]);
    for (const place of [world.clone, world.place]) assert.ok(!(await readdir(place)).includes("hacked"));
  }),
);

test(
  "a worker that cannot be started, a phase without one, and no worker at all are told, each with its cure",
  inWorld({ config: { workers: { build: "no-such-program-anywhere --x" } } }, async (world) => {
    await startItem(world, "alone");
    const row = await needsSomebody(world, "alone");
    assert.match(row.why, /no-such-program-anywhere was not found/);
    assert.equal(row.reason, "worker_failed");
    await startItem(world, "by-hand");
    await writeFile(join(world.clone, "signalbox.yaml"), 'workers:\n  review: "true"\n');
    const without = await needsSomebody(world, "by-hand");
    assert.equal(without.outcome, "waiting");
    assert.match(without.next_action ?? "", /workers\.build/);
    await writeFile(join(world.clone, "signalbox.yaml"), "main: main\n");
    const none = await world.signalbox("orchestrate", "by-hand");
    assert.equal(none.code, 2, told(none));
    assert.match(none.stderr, /workers\.build, workers\.review, workers\.fix/);
  }),
);
