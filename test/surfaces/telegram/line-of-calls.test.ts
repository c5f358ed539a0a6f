/** The line of calls on a server that holds Telegram's limits strictly. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { monotonicMs } from "../../../src/clock.ts";
import { sentence } from "../../../src/surfaces/telegram/answers.ts";
import { openBot } from "../../../src/surfaces/telegram/bot.ts";
import { lineOfCalls } from "../../../src/surfaces/telegram/line-of-calls.ts";
import { openMemory } from "../../../src/surfaces/telegram/memory.ts";
import { startBotApi } from "../../telegram/bot-api.ts";
import { documentedLimits } from "../../telegram/bot-api-flood.ts";
import { startTestRedis } from "../../world/redis.ts";
import { waitUntil } from "../../world/wait-until.ts";

test("a message that was long on its way is counted from when it was taken: the next one is not too early", async () => {
  await using telegram = await startBotApi({ limits: documentedLimits });
  await using server = await startTestRedis();
  telegram.openPrivate({ id: 1001, is_bot: false, first_name: "Ann" });
  const bot = openBot({ token: telegram.token, apiRoot: telegram.root });
  const memory = openMemory({ ...server, botId: "4242" });
  const calls = lineOfCalls({ memory, probe: () => bot.me() });
  const say = (text: string) =>
    calls.soon(
      "1001",
      (chat) => bot.send(chat, { words: sentence(text), keyboard: [] }, { rings: false, replyTo: null }),
      { patienceMs: 10_000, signal: new AbortController().signal },
    );
  const held = telegram.hold("sendMessage");
  const first = say("one");
  await held.reached;
  const sinceMs = monotonicMs();
  await waitUntil(() => monotonicMs() - sinceMs > 700, { what: "it is on its way for a while" });
  held.release();
  assert.equal((await first).kind, "written");
  assert.equal((await say("two")).kind, "written");
  const refused = telegram.calls("sendMessage").filter(({ answer }) => answer?.ok === false);
  assert.deepEqual(refused, []);
});
