/** Telegram away, slow, forgetful, or told to stop: nothing waits for it, nothing is said twice, and no alarm is lost. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DoctorShape } from "../../src/board/shapes.ts";
import { isoTime, wallMs } from "../../src/clock.ts";
import { inbox, statusBoard } from "../world/board.ts";
import { blocked, handOver, integrated, prefix, startOf } from "../world/facts.ts";
import {
  allHeard,
  ann,
  asks,
  dataOf,
  mallory,
  message,
  opsGroup,
  presses,
  shareTelegramWorld,
  type TelegramWorld,
  vic,
} from "../world/telegram.ts";
import { waitUntil } from "../world/wait-until.ts";
import { openWire } from "../world/wire.ts";
import type { World } from "../world/world.ts";

const files = { "colour.txt": "white\n", "shape.txt": "round\n" };
// Slugs without a branch are handed over here, so main, events and queue are not asked for one story.
const journey = shareTelegramWorld({ files }, { oneStory: false });

journey("a daemon that was killed says nothing twice, and hears nothing twice", async (both) => {
  const { world, telegram } = both;
  await conflict(world, "first", "colour.txt");
  const alarm = await message(both, ann.id, /^❗ This needs you\nfirst/);
  for (const chat of [vic.id, opsGroup]) await message(both, chat, /^❗ This needs you\nfirst/);
  assert.match(await asks(both, ann, "/pause before the kill"), /Paused/);
  assert.match(await asks(both, ann, "/resume after it"), /goes on/);
  await allHeard(both);
  const heard = heardUpdates(both);
  const before = textsOf(both);
  const pausedBefore = world.events.seen({ type: "integration.queue.paused" }).length;
  await killDaemon(world);
  // A server that has lost its memory gives again what was confirmed.
  telegram.repeat(heard);
  await world.up();
  await allHeard(both);
  assert.match(await asks(both, ann, "/status"), /is live/);
  const { messageId, data } = { messageId: alarm.message.message_id, data: dataOf(alarm, "Ack") };
  assert.equal(await presses(both, ann, { chat: ann.id, messageId, data }), "It is yours.");
  await message(both, ann.id, /^❗ This needs you\nfirst[\s\S]*Claimed by Ann/);
  const repeated = before.filter((text) => textsOf(both).filter((each) => each === text).length > 1);
  assert.deepEqual(repeated, []);
  assert.equal(world.events.seen({ type: "integration.queue.paused" }).length, pausedBefore);
  assert.equal((await statusBoard(world)).paused, null);
});

journey(
  "while Telegram is away the line lands; when it is back each piece of news comes once",
  async (both) => {
    const { world, telegram } = both;
    telegram.leave();
    const worker = await world.worker("meanwhile");
    await worker.commit({ "meanwhile.txt": "x\n" });
    await integrated(world, await handOver(world, worker));
    await conflict(world, "away", "shape.txt");
    const asked = telegram.calls().length;
    const { messageId } = telegram.says(ann.id, ann, "/why away");
    telegram.comeBack();
    const alarm = await message(both, ann.id, /^❗ This needs you\naway is blocked: conflict/);
    assert.equal(alarm.silent, false);
    await message(both, ann.id, /^✅ meanwhile is on main/);
    await waitUntil(
      () => telegram.written(ann.id).some((kept) => kept.message.reply_to_message?.message_id === messageId),
      { what: "what was asked meanwhile is answered", withinMs: 40_000 },
    );
    const about = (slug: string) =>
      textsOf(both).filter((text) => text.startsWith(`❗ This needs you\n${slug}`));
    assert.equal(about("away").length, 1);
    assert.equal(textsOf(both).filter((text) => text.startsWith("✅ meanwhile is on main")).length, 1);
    assert.ok(telegram.calls().length > asked);
  },
);

journey(
  "an alarm whose answer was lost is said once more, and says that it may be a repetition",
  async (both) => {
    const { telegram } = both;
    await everybodyRungAbout(both, "found");
    telegram.fail("sendMessage", { kind: "lost_reply" });
    await asksForPerson(both.world, "lost");
    const alarms = () => [ann.id, vic.id, opsGroup].flatMap((chat) => ringsAbout(both, chat, "lost"));
    await waitUntil(() => alarms().length === 4, {
      what: "three alarms, one of them twice",
      withinMs: 40_000,
    });
    assert.equal(alarms().filter((text) => /Sent again: nobody knows/.test(text)).length, 1);
  },
);

journey("asked to wait, the bot waits, also after a restart; the others are told meanwhile", async (both) => {
  const { world, telegram } = both;
  await everybodyRungAbout(both, "quick");
  const hold = telegram.hold("sendMessage");
  await asksForPerson(world, "slow");
  await hold.reached;
  telegram.fail("sendMessage", { kind: "too_many", retryAfterS: 12 });
  hold.release();
  const refused = await waitUntil(
    () =>
      telegram.calls("sendMessage").find(({ answer }) => answer?.ok === false && answer.error_code === 429),
    { what: "a call is refused", withinMs: 30_000 },
  );
  await world.down();
  await world.up();
  // as: what our own server was given, and checked.
  const { chat_id: chat } = refused.given as { chat_id: string };
  await waitUntil(
    () => [ann.id, vic.id, opsGroup].every((each) => ringsAbout(both, each, "slow").length === 1),
    {
      what: "everybody is told once",
      withinMs: 40_000,
    },
  );
  const next = telegram
    .calls("sendMessage")
    .find(({ given, atMs }) => atMs > refused.atMs && JSON.stringify(given).includes(`"chat_id":"${chat}"`));
  assert.ok(next !== undefined && next.atMs - refused.atMs >= 11_900, "it came again too early");
});

journey(
  "who blocks the bot is told no more, and the others hear of that; a test that arrives is enough to begin again",
  async (both) => {
    const { world, telegram } = both;
    telegram.close(vic.id, "blocked");
    await asksForPerson(world, "unheard");
    const row = await waitUntil(
      async () => (await inbox(world)).find(({ group }) => /delivery/.test(group) && /Vic/i.test(group)),
      { what: "a notification about the target", everyMs: 300, withinMs: 30_000 },
    );
    assert.equal(row.needs_attention, true);
    await message(both, ann.id, /Vic[\s\S]*blocked the bot/);
    const listed = await world.signalbox("notify", "list");
    assert.match(listed.stdout, /telegram:Vic +disabled[\s\S]*blocked the bot/);
    const refused = await world.signalbox("notify", "test", "telegram:Vic");
    assert.equal(refused.code, 1);
    telegram.close(vic.id, null);
    const arrived = await world.signalbox("notify", "test", "telegram:Vic");
    assert.equal(arrived.code, 0, arrived.stderr);
    await message(both, vic.id, /This is a test, asked for by/);
    await message(both, vic.id, /^❗ This needs you\nunheard/);
  },
);

journey(
  "100 notices in a minute are grouped, and the three that ring are each delivered, and first",
  async (both) => {
    const { world, telegram } = both;
    const before = telegram.written(ann.id).length;
    await using wire = await openWire(world);
    for (let index = 1; index <= 97; index++) {
      const slug = `notice-${index}`;
      await wire.emit(`${prefix}deployment.started`, startOf({ slug, branch: slug, sha: shaOf(index) }));
      if (index % 30 === 0) await wire.emit(`${prefix}work.person.asked`, askedOf(`ringing-${index}`));
    }
    for (const index of [30, 60, 90]) {
      const alarm = await message(both, ann.id, new RegExp(`^❗ This needs you\\nringing-${index} needs`));
      assert.equal(alarm.silent, false);
    }
    const told = () => telegram.written(ann.id).slice(before);
    const named = () => new Set(told().flatMap((kept) => kept.message.text.match(/\bnotice-\d+/g) ?? []));
    await waitUntil(() => named().size === 97, { what: "all are told", withinMs: 60_000 });
    assert.ok(told().length < 30, `${told().length} messages for 100 notices`);
    assert.equal(told().filter(({ silent }) => !silent).length, 3);
  },
);

journey("a second process that hears the same bot is named in the log, and alarms go on", async (both) => {
  const { world, telegram } = both;
  await waitUntil(telegram.isPolled, { what: "the bot listens" });
  telegram.conflict();
  await waitUntil(async () => /Another process hears this bot's messages/.test(await logsOf(world)), {
    what: "the log names it",
    everyMs: 200,
  });
  const { checks }: DoctorShape = JSON.parse((await world.signalbox("doctor", "--json")).stdout);
  const ear = checks.find(({ name }) => name === "telegram");
  assert.equal(ear?.level, "warning");
  assert.match(
    ear?.detail ?? "",
    /^commands are (not heard since|heard in part only).*Another process hears this bot's/,
  );
  assert.match(checks.find(({ name }) => name === "messages")?.detail ?? "", /telegram:/);
  await asksForPerson(world, "still-told");
  await message(both, ann.id, /^❗ This needs you\nstill-told/);
  assert.match(await asks(both, ann, "/status"), /is live/);
});

journey(
  "a stranger gets no answer; who sets the bot up finds the number of their chat in the log",
  async (both) => {
    const { world, telegram } = both;
    telegram.says(mallory.id, mallory, "/start");
    telegram.says(mallory.id, mallory, "/start");
    await allHeard(both);
    assert.deepEqual(telegram.written(mallory.id), []);
    const named = (await logsOf(world)).split("\n").filter((line) => line.includes(`"chat":"${mallory.id}"`));
    assert.equal(named.length, 1);
  },
);

journey("the token is in no log, event, answer or list", async (both) => {
  const { world, telegram } = both;
  telegram.fail("sendMessage", { kind: "page", status: 502 }, { kind: "reset" });
  await asksForPerson(world, "secretive");
  await message(both, ann.id, /^❗ This needs you\nsecretive/);
  const secret = telegram.token.split(":")[1] ?? assert.fail("there is no secret");
  const said = await Promise.all(
    [
      ["events", "--json"],
      ["status", "--json"],
      ["notify", "list", "--json"],
      ["notifications", "--all", "--json"],
      ["doctor"],
    ].map(async (args) => (await world.signalbox(...args)).stdout),
  );
  for (const text of [...said, ...textsOf(both), await logsOf(world)])
    assert.ok(!text.includes(secret), "the token was said");
});

/** Two branches that change one file; the second is blocked. */
async function conflict(world: World, slug: string, path: string): Promise<void> {
  const [ours, theirs] = [await world.worker(`${slug}-before`), await world.worker(slug)];
  await ours.commit({ [path]: "ours\n" });
  await theirs.commit({ [path]: "theirs\n" });
  await integrated(world, await handOver(world, ours));
  await blocked(world, await handOver(world, theirs), "conflict");
}

function askedOf(slug: string) {
  return {
    slug,
    phase: "review",
    reason: "rounds_exhausted",
    question: "Is it good enough?",
    next_action: "decide",
    by: "orchestrator-1",
    asked_at: isoTime(wallMs()),
  };
}

async function asksForPerson(world: World, slug: string): Promise<void> {
  await using wire = await openWire(world);
  await wire.emit(`${prefix}work.person.asked`, askedOf(slug));
}

async function everybodyRungAbout(both: TelegramWorld, slug: string): Promise<void> {
  await asksForPerson(both.world, slug);
  for (const chat of [ann.id, vic.id, opsGroup])
    await message(both, chat, new RegExp(`^❗ This needs you\n${slug} `));
}

function ringsAbout({ telegram }: TelegramWorld, chat: number, slug: string): string[] {
  return telegram
    .written(chat)
    .filter(({ silent }) => !silent)
    .map((kept) => kept.message.text)
    .filter((text) => text.startsWith(`❗ This needs you\n${slug} `));
}

/** What stands in Ann's chat. */
function textsOf({ telegram }: TelegramWorld): string[] {
  return telegram.written(ann.id).map((kept) => kept.message.text);
}

/** The updates that were given to the bot so far. */
function heardUpdates({ telegram }: TelegramWorld) {
  return telegram.calls("getUpdates").flatMap(({ answer }) =>
    // as: what our own server answered to this method.
    answer?.ok === true ? (answer.result as { update_id: number }[]) : [],
  );
}

async function killDaemon(world: World): Promise<void> {
  const { daemon } = await statusBoard(world);
  const pid = daemon.pid ?? assert.fail("no daemon runs");
  process.kill(pid, "SIGKILL");
  await waitUntil(async () => !(await statusBoard(world)).daemon.running, {
    what: "the daemon is gone",
    everyMs: 200,
  });
}

async function logsOf(world: World): Promise<string> {
  const entries = await readdir(world.home, { recursive: true, withFileTypes: true });
  const logs = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".log"));
  return (await Promise.all(logs.map((entry) => readFile(join(entry.parentPath, entry.name), "utf8")))).join(
    "\n",
  );
}

function shaOf(index: number): string {
  return index.toString(16).padStart(40, "a");
}
