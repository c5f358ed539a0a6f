/** V2 and V6 as people see them in Telegram; and what they may do there, and others may not. */
import assert from "node:assert/strict";
import type { AuditEntry } from "../../src/board/audit.ts";
import { inbox, queueRow, statusBoard } from "../world/board.ts";
import { blocked, handOver, integrated } from "../world/facts.ts";
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
  vic,
} from "../world/telegram.ts";
import { waitUntil } from "../world/wait-until.ts";
import type { World } from "../world/world.ts";

const journey = shareTelegramWorld({ files: { "colour.txt": "white\n", "shape.txt": "round\n" } });

journey(
  "[V6] a hand-over is one silent message to whoever wants to know, edited when it has landed",
  async (both) => {
    const { world, telegram } = both;
    const worker = await world.worker("greet");
    await worker.commit({ "greet.txt": "hello\n" });
    await integrated(world, await handOver(world, worker));
    for (const { id } of [ann, vic]) {
      const card = await message(both, id, /^✅ greet is on main/);
      assert.equal(card.silent, true);
      assert.equal(telegram.written(id).length, 1, "there is more than the card");
    }
    assert.deepEqual(telegram.written(opsGroup), [], "the group is told of the business level only");
  },
);

journey(
  "[V2] a conflict rings in reply to its card, says why and what next, and offers buttons to whoever may act",
  async (both) => {
    const { world } = both;
    const [ours, theirs] = [await world.worker("paint-red"), await world.worker("paint-blue")];
    await ours.commit({ "colour.txt": "red\n" });
    await theirs.commit({ "colour.txt": "blue\n" });
    await integrated(world, await handOver(world, ours));
    // Held back until the card is there: what happens at once is told at once, by the alarm alone.
    assert.equal((await world.signalbox("queue", "pause", "--reason", "to look at the card")).code, 0);
    const candidate = await handOver(world, theirs);
    for (const { id } of [ann, vic]) {
      const card = await message(both, id, /^🔵 paint-blue/u);
      assert.equal(card.silent, true);
    }
    assert.equal((await world.signalbox("queue", "resume")).code, 0);
    const failed = await blocked(world, candidate, "conflict");
    for (const chat of [ann.id, vic.id, opsGroup]) {
      const alarm = await message(both, chat, /^❗ This needs you\npaint-blue is blocked: conflict/);
      assert.equal(alarm.silent, false);
      assert.ok(alarm.message.text.includes(String(failed.data.next_action)), alarm.message.text);
      const isAnn = chat === ann.id;
      assert.equal(alarm.message.reply_markup !== undefined, isAnn, "buttons are for admins");
      if (chat !== opsGroup)
        assert.match(alarm.message.reply_to_message?.text ?? "", /^(🔵|❗|⛔) paint-blue/u);
    }
  },
);

journey("an admin sees the board, the queue and the reasons by commands", async (both) => {
  const { telegram } = both;
  await waitUntil(() => telegram.commands(ann.id), { what: "the menu is offered to the admin" });
  assert.equal(telegram.commands(vic.id), null);
  assert.match(
    await asks(both, ann, "/status"),
    /is live\nmain is at [0-9a-f]{7}\n0 queued, 0 on the line, 1 blocked/,
  );
  assert.match(await asks(both, ann, "/queue"), /^Blocked \(1\)\n⛔ paint-blue: /);
  assert.match(await asks(both, ann, "/why paint-blue"), /^paint-blue is blocked \(conflict\)/);
  assert.match(
    await asks(both, ann, "/why paint-bleu"),
    /^❌ Nothing is known of paint-bleu[\s\S]*→ Did you mean paint-blue/,
  );
  assert.match(await asks(both, ann, "/help"), /\/retry SLUG/);
  assert.match(await asks(both, ann, "/retry --all"), /^A slug has only/);
});

journey(
  "an admin pauses and resumes by commands; what they say is recorded with their name",
  async (both) => {
    const { world } = both;
    assert.match(await asks(both, ann, "/pause"), /Everybody will ask why/);
    assert.match(await asks(both, ann, "/pause the disk is full"), /Paused: the disk is full/);
    const { paused } = await statusBoard(world);
    assert.deepEqual([paused?.by, paused?.reason], ["Ann", "the disk is full"]);
    assert.match(await asks(both, ann, "/status"), /is paused by Ann: the disk is full/);
    assert.match(await asks(both, ann, "/resume"), /The queue goes on/);
    assert.equal((await statusBoard(world)).paused, null);
    assert.match(await asks(both, ann, "/resume"), /was not paused/);
    const acts = await world.json<AuditEntry[]>("audit", "--by", "Ann");
    assert.deepEqual(
      acts.slice(-2).map(({ surface, act, reason }) => [surface, act, reason]),
      [
        ["telegram", "pause", "the disk is full"],
        ["telegram", "resume", "resumed from Telegram"],
      ],
    );
  },
);

journey("nobody else is heard, whatever they claim to be, and nothing changes", async (both) => {
  const { world, telegram } = both;
  const before = await stateOf(world);
  const written = [mallory.id, vic.id, opsGroup].map((chat) => telegram.written(chat).length);
  const alarm = await message(both, ann.id, /^❗ This needs you\npaint-blue/);
  const { message_id: messageId } = alarm.message;
  telegram.says(mallory.id, mallory, "/pause mine now");
  telegram.says(vic.id, vic, "/pause mine now");
  telegram.says(opsGroup, mallory, "/pause@signalbox_test_bot mine now");
  telegram.says(ann.id, mallory, "/pause mine now");
  telegram.says(ann.id, ann, "/pause forwarded", {
    forward_origin: { type: "user", sender_user: ann, date: 1 },
  });
  telegram.says(opsGroup, ann, "/pause the group's", {
    sender_chat: { id: opsGroup, type: "supergroup", title: "Ops" },
  });
  telegram.says(ann.id, { ...ann, is_bot: true }, "/pause bot");
  // As a hostile server would have it: a number that is text.
  telegram.says(ann.id, ann, "/pause text", {
    from: JSON.parse('{"id":"1001","is_bot":false,"first_name":"Ann"}'),
  });
  telegram.push("message", JSON.parse('{"message":{"__proto__":{"text":"/pause"},"from":null}}'));
  telegram.push("callback_query", JSON.parse('{"callback_query":{"id":"1","from":{"id":1001}}}'));
  const data = dataOf(alarm, "Retry");
  const forged = [data.replace("retry", "ackkk"), `${data}x`, "retry", "", "x".repeat(65), data.slice(0, -1)];
  for (const each of forged) telegram.presses(ann.id, ann, messageId, each);
  for (const user of [mallory, vic])
    assert.match(await presses(both, user, { chat: ann.id, messageId, data }), /Only the admins/);
  // What was signed for one chat is no button of another, though the same admin presses it there.
  telegram.presses(opsGroup, ann, telegram.written(opsGroup)[0]?.message.message_id ?? 0, data);
  await allHeard(both);
  assert.deepEqual(await stateOf(world), before);
  const now = [mallory.id, vic.id, opsGroup].map((chat) => telegram.written(chat).length);
  assert.deepEqual(now, written, "somebody was answered");
});

journey("Ack claims for whoever pressed, and both messages say so to everybody", async (both) => {
  const { world, telegram } = both;
  const alarm = await message(both, ann.id, /^❗ This needs you\npaint-blue/);
  const { message_id: messageId } = alarm.message;
  const data = dataOf(alarm, "Ack");
  assert.equal(await presses(both, ann, { chat: ann.id, messageId, data }), "It is yours.");
  const row = (await inbox(world)).find(({ group }) => group === "deployment/paint-blue");
  assert.deepEqual([row?.claimed_by, row?.human_status], ["Ann", "seen"]);
  for (const { id } of [ann, vic]) await message(both, id, /^❗ This needs you[\s\S]*Claimed by Ann/);
  const labels = telegram
    .written(ann.id)
    .find((kept) => kept.message.message_id === messageId)
    ?.message.reply_markup?.inline_keyboard.flat()
    .map(({ text }) => text);
  assert.deepEqual(labels, ["Retry", "Open"]);
});

journey("Open tells what stands in the way", async (both) => {
  const alarm = await message(both, ann.id, /^❗ This needs you\npaint-blue/);
  const { message_id: messageId } = alarm.message;
  await presses(both, ann, { chat: ann.id, messageId, data: dataOf(alarm, "Open") });
  const opened = await message(both, ann.id, /In conflict\n• colour\.txt/);
  assert.equal(opened.message.reply_to_message?.message_id, messageId);
});

journey(
  "Retry is a new try: it rings again, the old buttons are gone, and the old button does nothing any more",
  async (both) => {
    const { world, telegram } = both;
    const alarm = await message(both, ann.id, /^❗ This needs you\npaint-blue/);
    const pressed = { chat: ann.id, messageId: alarm.message.message_id, data: dataOf(alarm, "Retry") };
    assert.equal(await presses(both, ann, pressed), "paint-blue is queued again.");
    await world.events.until({ type: "deployment.failed", slug: "paint-blue" }, { count: 2 });
    const again = await waitUntil(
      () =>
        telegram
          .written(ann.id)
          .find(
            (kept) =>
              kept.message.message_id > pressed.messageId &&
              /^❗ This needs you\npaint-blue/.test(kept.message.text),
          ),
      { what: "it rings again", withinMs: 30_000 },
    );
    assert.equal(again.silent, false);
    await waitUntil(
      () =>
        telegram.written(ann.id).find((kept) => kept.message.message_id === pressed.messageId)?.message
          .reply_markup === undefined,
      { what: "the old alarm has no buttons", withinMs: 30_000 },
    );
    assert.match(await presses(both, ann, pressed), /earlier try/);
    const { attempt, status } = await queueRow(world, { slug: "paint-blue" });
    assert.deepEqual([attempt, status], [2, "blocked"]);
  },
);

journey("when the conflict is gone, everybody hears that it is over, and no button is left", async (both) => {
  const { world, telegram } = both;
  const worker = await world.worker("repaint", { from: "origin/main" });
  await worker.commit({ "colour.txt": "white\n" });
  await integrated(world, await handOver(world, worker));
  assert.match(await asks(both, ann, "/retry paint-blue"), /paint-blue is queued again/);
  await integrated(world, { slug: "paint-blue" });
  for (const chat of [ann.id, vic.id, opsGroup]) {
    const over = await message(both, chat, /^✅ Over\npaint-blue is on main/);
    assert.equal(over.message.reply_markup, undefined);
  }
  await message(both, ann.id, /^✅ paint-blue is on main/);
  const buttons = telegram.written(ann.id).filter((kept) => kept.message.reply_markup !== undefined);
  assert.deepEqual(buttons, []);
});

async function stateOf(world: World): Promise<unknown> {
  const { paused, queue } = await statusBoard(world);
  const notifications = (await inbox(world)).map(({ id, claimed_by, human_status }) => [
    id,
    claimed_by,
    human_status,
  ]);
  return { paused, queue, notifications };
}
