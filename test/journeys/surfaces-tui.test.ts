/** V2, V6 and the daily work at the terminal board, in a real terminal, looked at as a person does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { noTmux } from "../orchestration/sessions/tmux.ts";
import { notificationOf, queueRow, statusBoard } from "../world/board.ts";
import { told } from "../world/child.ts";
import { blocked, handOver, integrated, submit, submitAndWait } from "../world/facts.ts";
import { type Journey, shareWorld } from "../world/shared.ts";
import { openTerminal } from "../world/terminal.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { World } from "../world/world.ts";

const journey = shareWorld();
const inTerminal: Journey = noTmux === false ? journey : (title) => void test(title, { skip: noTmux });

async function work(world: World, slug: string, files: Record<string, string>) {
  const worker = await world.worker(slug);
  await worker.commit(files);
  return worker;
}

inTerminal("V6: a hand-over comes onto the screen by itself, lands, and leaves the inbox", async (world) => {
  const worker = await work(world, "greet", { "greet.txt": "hello\n" });
  await using terminal = await openTerminal(world, { args: ["tui"] });
  await terminal.shows(/● live/);
  await terminal.press("p");
  await terminal.type("look first");
  await terminal.press("Enter");
  await terminal.shows(/PAUSED/);
  await terminal.shows(/Paused by .*: look first/);
  const candidate = await handOver(world, worker);
  await terminal.shows(/1 greet +queued/);
  await terminal.press("2");
  await terminal.shows(/greet is queued/);
  await terminal.press("p");
  await terminal.type("seen");
  await terminal.press("Enter");
  await integrated(world, candidate);
  await terminal.hides(/greet is/);
  assert.equal((await notificationOf(world, "deployment/greet")).agent_status, "resolved");
  await terminal.press("1");
  await terminal.shows(/✓ greet/);
  await terminal.press("q");
  assert.equal(await terminal.ended(), 0);
});

inTerminal(
  "V2: a conflict rings, is shown with both sides, acknowledged, and queued again",
  async (world) => {
    await submitAndWait(world, await work(world, "paint-red", { "colour.txt": "red\n" }));
    const theirs = await world.worker("paint-blue", { from: world.start });
    await theirs.commit({ "colour.txt": "blue\n" });
    await using terminal = await openTerminal(world, { args: ["tui"] });
    await terminal.shows(/● live/);
    await terminal.shows(/✓ paint-red/);
    assert.ok(!(await terminal.written()).includes("\u0007"), "it rang for what was there before");
    await blocked(world, await handOver(world, theirs), "conflict");
    await terminal.shows(/✗ paint-blue +conflict/);
    await terminal.shows(/Inbox 1!/);
    const rings = async () => (await terminal.written()).split("\u001b]777;notify;Signalbox;").length - 1;
    await waitUntil(async () => (await rings()) === 1, { what: "the terminal rang once" });
    assert.match(await terminal.written(), /]9;Signalbox: paint-blue is blocked: conflict/);

    await terminal.press("/");
    await terminal.type("paint-blue");
    await terminal.press("Enter", "Enter");
    await terminal.shows(/→ Merge main into the branch/);
    await terminal.resize(100, 80);
    await terminal.shows(/│ red/);
    await terminal.shows(/│ blue/);
    await terminal.shows(/deployment\.failed +conflict/);
    await terminal.resize(80, 24);

    await terminal.press("a");
    await terminal.shows(/paint-blue is yours/);
    const claimed = await notificationOf(world, "deployment/paint-blue");
    assert.deepEqual([claimed.human_status, claimed.agent_status], ["seen", "claimed"]);

    await terminal.press("r");
    await terminal.shows(/Queue paint-blue again\? y\/n/);
    await terminal.press("n");
    await terminal.hides(/y\/n/);
    assert.equal((await queueRow(world, { slug: "paint-blue" })).attempt, 1);
    await terminal.press("r", "y");
    await world.events.until({
      type: "deployment.failed",
      slug: "paint-blue",
      where: ({ data }) => data.attempt === 2,
    });

    await theirs.git("fetch", "--quiet", "origin");
    await theirs.tryGit("merge", "--quiet", "origin/main");
    await theirs.commit({ "colour.txt": "purple\n" }, "Merge main: purple");
    const ran = await submit(world, theirs, "--wait", "--timeout", "60s");
    assert.equal(ran.code, 0, told(ran));
    await terminal.press("Escape", "Escape");
    await terminal.shows(/✓ paint-blue/);
    await terminal.hides(/Inbox \d!/);
    await terminal.press("C-c");
    assert.equal(await terminal.ended(), 0);
  },
);

inTerminal("hostile words from branches and workers are shown, and do nothing", async (world) => {
  const evil = "\u001b]0;owned\u0007\u001b[2J\u001b[31mred\u202e";
  const worker = await work(world, "evil", { "evil.txt": `${evil}\n` });
  await submitAndWait(world, await work(world, "evil-first", { "evil.txt": "main\n" }));
  await using terminal = await openTerminal(world, { args: ["tui"] });
  await terminal.shows(/● live/);
  const reason = await world.signalbox("queue", "pause", "--reason", `${evil} paused`);
  assert.equal(reason.code, 0, told(reason));
  await terminal.shows(/\\u\{1b\}\]0;owned\\u\{7\}/);
  assert.equal((await world.signalbox("queue", "resume")).code, 0);
  await blocked(world, await handOver(world, worker), "conflict");
  await terminal.press("/");
  await terminal.type("evil");
  await terminal.press("Enter");
  await terminal.shows(/✗ evil +conflict/);
  await terminal.press("g", "Enter");
  await terminal.shows(/Conditions/);
  await terminal.resize(100, 80);
  await terminal.shows(/\\u\{1b\}\[2J/);
  const written = await terminal.written();
  assert.ok(!written.includes("\u001b]0;owned"), "a title was set");
  assert.ok(!written.includes("\u001b[2J"), "the screen was cleared");
  assert.ok(!written.includes("\u202e"), "the writing was turned round");
  await terminal.press("C-c");
  await terminal.ended();
});

inTerminal(
  "it follows the window from 80×24 to 200×50 and back, and gives the terminal back as it was",
  async (world) => {
    await using terminal = await openTerminal(world, { args: ["tui"] });
    await terminal.shows(/● live/);
    for (const [columns, rows] of [
      [200, 50],
      [80, 24],
      [100, 30],
      [80, 24],
    ] as const) {
      await terminal.resize(columns, rows);
      const keys = rows - 1;
      await waitUntil(
        async () => {
          const screen = await terminal.screen();
          return (
            screen.length === rows && /q quit/.test(screen[keys] ?? "") && /● live/.test(screen[0] ?? "")
          );
        },
        { what: `the screen fills ${columns}×${rows}`, everyMs: 50 },
      );
      const screen = await terminal.screen();
      assert.equal(screen.filter((line) => /● live/.test(line)).length, 1, screen.join("\n"));
    }
    await terminal.resize(30, 8);
    await terminal.shows(/Too small/);
    await terminal.resize(80, 24);
    await terminal.shows(/j k move/);
    await terminal.press("q");
    assert.equal(await terminal.ended(), 0);
    await terminal.hides(/● live/);
    const written = await terminal.written();
    assert.ok(
      written.includes("\u001b[?1049h") && written.includes("\u001b[?1049l"),
      "the other screen was left",
    );
    assert.ok(written.lastIndexOf("\u001b[?25h") > written.lastIndexOf("\u001b[?25l"), "the cursor is there");
  },
);

inTerminal("a frame writes what has changed, never the whole screen: nothing flickers", async (world) => {
  await using terminal = await openTerminal(world, { args: ["tui"] });
  await terminal.shows(/● live/);
  await terminal.shows(/Landed/);
  await terminal.press("j");
  const before = (await terminal.written()).length;
  await terminal.press("k");
  const frame = await waitUntil(
    async () => {
      const written = (await terminal.written()).slice(before);
      return written.length > 0 && written.endsWith("\u001b[?2026l") ? written : null;
    },
    { what: "another frame was written" },
  );
  assert.ok(frame.length < 1500, `a frame of ${frame.length} bytes: ${JSON.stringify(frame)}`);
  assert.ok(!frame.includes("\u001b[2J") && !frame.includes("\u001b[3J"), "the screen was cleared");
  assert.ok(frame.startsWith("\u001b[?2026h"), "it is shown as a whole");
  await terminal.press("q");
  await terminal.ended();
});

inTerminal(
  "without a daemon it says so and ends; one that goes away is waited for, with what was known in sight",
  async (world) => {
    await using terminal = await openTerminal(world, { args: ["tui"] });
    await terminal.shows(/● live/);
    await world.down();
    await terminal.shows(/○ away, trying again/);
    await terminal.shows(/Landed/);
    const none = await openTerminal(world, { args: ["tui"] });
    assert.equal(await none.ended(), 69);
    await none[Symbol.asyncDispose]();
    const piped = await world.signalbox("tui");
    assert.equal(piped.code, 2);
    assert.match(piped.stderr, /needs a terminal/);
    await world.up();
    await terminal.shows(/● live/);
    await waitUntil(async () => (await statusBoard(world)).daemon.running, { what: "the daemon runs" });
    await terminal.press("q");
    await terminal.ended();
  },
);

inTerminal("ended by a signal, it gives the terminal back as well", async (world) => {
  for (const name of ["SIGTERM", "SIGHUP"] as const) {
    await using terminal = await openTerminal(world, { args: ["tui"] });
    await terminal.shows(/● live/);
    await terminal.signal(name);
    assert.equal(await terminal.ended(), 0);
    assert.ok((await terminal.written()).includes("\u001b[?1049l"), name);
  }
});

inTerminal("when its window is closed it ends, and complains of nothing", async (world) => {
  for (let round = 0; round < 3; round++) {
    await using terminal = await openTerminal(world, { args: ["tui"] });
    await terminal.shows(/● live/);
    await terminal.press("j");
    // The cursor is shown wherever that can be said.
    assert.equal((await terminal.close()).replaceAll("\u001b[?25h", ""), "");
  }
});

inTerminal(
  "Ctrl-Z stops it as any job: the shell has its terminal back, and fg brings the board, as wide as the window is by then",
  async (world) => {
    await using terminal = await openTerminal(world, { args: ["tui"], asJob: true });
    await terminal.shows(/● live/);
    for (const columns of [100, 80]) {
      await terminal.press("C-z");
      await terminal.shows(/^stopped$/);
      await terminal.hides(/● live/);
      const cursor = await terminal.written();
      assert.ok(cursor.lastIndexOf("\u001b[?25h") > cursor.lastIndexOf("\u001b[?25l"), "the cursor is there");
      await terminal.type("echoed");
      await terminal.shows(/^echoed$/);
      await terminal.resize(columns, 24);
      await terminal.press("Enter");
      await terminal.shows(new RegExp(`^─{${columns}}$`));
      await terminal.shows(/● live/);
    }
    await terminal.press("?");
    await terminal.shows(/any key back/);
    await terminal.press("x", "q");
    assert.equal(await terminal.ended(), 0);
  },
);

inTerminal("where nobody could continue it, Ctrl-Z does not end in a board that hangs", async (world) => {
  await using terminal = await openTerminal(world, { args: ["tui"] });
  await terminal.shows(/● live/);
  await terminal.press("C-z");
  await waitUntil(async () => (await terminal.written()).split("\u001b[?1049h").length === 3, {
    what: "the board has taken the terminal again",
  });
  await terminal.press("?");
  await terminal.shows(/any key back/);
  await terminal.press("x", "q");
  assert.equal(await terminal.ended(), 0);
});

inTerminal("a terminal that calls itself dumb is told what there is instead", async (world) => {
  await using terminal = await openTerminal(world, { args: ["tui"], env: { TERM: "dumb" } });
  assert.equal(await terminal.ended(), 2);
  assert.ok(!(await terminal.written()).includes("\u001b["), "nothing was drawn");
});
