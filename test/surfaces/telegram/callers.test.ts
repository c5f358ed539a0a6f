/** Who may speak: the hostile table of the allow-list. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { heardOf } from "../../../src/surfaces/telegram/callers.ts";

const people = [
  { name: "Ann", role: "admin", chat: "1001" },
  { name: "Vic", role: "viewer", chat: "1002" },
  { name: "Ops", role: "admin", chat: "-500" },
] as const;

const ann = { id: 1001, is_bot: false, first_name: "Ann" };
const privately = { id: 1001, type: "private", first_name: "Ann" };
const inGroup = { id: -500, type: "group", title: "Ops" };

const said = { message_id: 7, date: 1_700_000_000, from: ann, chat: privately, text: "/status" };
const pressed = {
  id: "99",
  from: ann,
  chat_instance: "1",
  data: "ack:x",
  message: { message_id: 7, date: 1, chat: privately },
};

test("an admin is heard in private, and in a group that is configured", () => {
  const heard = { kind: "said", by: "Ann", messageId: 7, text: "/status", atMs: 1_700_000_000_000 };
  assert.deepEqual(hear({ message: said }), { ...heard, chat: "1001" });
  assert.deepEqual(hear({ message: { ...said, chat: inGroup } }), { ...heard, chat: "-500" });
});

test("an admin's press is heard, with the chat it was pressed in", () => {
  assert.deepEqual(hear({ callback_query: pressed }), {
    kind: "pressed",
    by: "Ann",
    chat: "1001",
    messageId: 7,
    queryId: "99",
    data: "ack:x",
  });
});

const stranger = { id: 6666, is_bot: false, first_name: "Ann" };
const vic = { id: 1002, is_bot: false, first_name: "Vic" };

const unheard: [string, object][] = [
  ["an account that is not configured", { from: stranger, chat: { ...privately, id: 6666 } }],
  ["a viewer", { from: vic, chat: { ...privately, id: 1002 } }],
  ["a stranger in an admin's chat", { from: stranger }],
  ["a stranger in a configured group", { from: stranger, chat: inGroup }],
  ["an admin in a group that is not configured", { chat: { ...inGroup, id: -501 } }],
  ["an admin in a channel", { chat: { id: -500, type: "channel", title: "Ops" } }],
  ["the group itself as an account", { from: { ...ann, id: -500 }, chat: inGroup }],
  ["a number that is text", { from: { ...ann, id: "1001" } }],
  ["a number that is not whole", { from: { ...ann, id: 1001.5 } }],
  ["a number in a list", { from: { ...ann, id: [1001] } }],
  ["a bot", { from: { ...ann, is_bot: true } }],
  ["somebody who does not say whether it is a bot", { from: { id: 1001 } }],
  ["nobody", { from: undefined }],
  ["a chat that speaks for itself", { sender_chat: { id: -500, type: "group" } }],
  ["what was forwarded", { forward_origin: { type: "user", sender_user: ann, date: 1 } }],
  ["what a channel forwarded by itself", { is_automatic_forward: true }],
  ["what a bot wrote for somebody", { via_bot: { id: 5, is_bot: true, first_name: "b" } }],
  ["what a business bot sent", { sender_business_bot: { id: 5, is_bot: true, first_name: "b" } }],
  ["a business connection", { business_connection_id: "x" }],
  ["a guest query", { guest_query_id: "x" }],
  ["a message without words", { text: undefined }],
  ["words that are none", { text: { toString: "x" } }],
  ["more words than a message has", { text: "x".repeat(4097) }],
  ["a message without a date", { date: undefined }],
];

for (const [what, change] of unheard)
  test(`not heard: ${what}`, () => {
    assert.equal(hear({ message: { ...said, ...change } }).kind, "ignored");
  });

const notTheirs: [string, object][] = [
  ["another person in the same private chat", { from: stranger }],
  ["a viewer in a configured group", { from: vic, message: { ...pressed.message, chat: inGroup } }],
  [
    "an admin in a group that is not configured",
    { message: { ...pressed.message, chat: { ...inGroup, id: -501 } } },
  ],
];

for (const [what, change] of notTheirs)
  test(`a press by ${what} is not theirs`, () => {
    assert.deepEqual(hear({ callback_query: { ...pressed, ...change } }), {
      kind: "not_theirs",
      queryId: "99",
    });
  });

const noPress: [string, object][] = [
  ["without data", { data: undefined }],
  ["with more than 64 characters", { data: "x".repeat(65) }],
  ["without its message", { message: undefined }],
  ["of a bot", { from: { ...ann, is_bot: true } }],
  ["with data that is no text", { data: 7 }],
];

for (const [what, change] of noPress)
  test(`a press ${what} is not heard`, () => {
    assert.equal(hear({ callback_query: { ...pressed, ...change } }).kind, "ignored");
  });

test("an update of another kind, of two kinds, or of none is not heard", () => {
  for (const update of [
    {},
    { edited_message: said },
    { channel_post: said },
    { message: said, callback_query: pressed },
    JSON.parse('{"__proto__":{"message":{}}}'),
  ])
    assert.equal(hear(update).kind, "ignored");
  assert.equal(heardOf(null, people).kind, "ignored");
  assert.equal(heardOf({ message: said }, people).kind, "ignored");
});

test("whatever comes in, nobody but an admin is heard", () => {
  fc.assert(
    fc.property(fc.anything(), fc.integer(), fc.integer(), (junk, from, chat) => {
      const heard = hear({
        message: { ...said, from: { ...ann, id: from }, chat: { id: chat, type: "private" } },
      });
      assert.ok(heard.kind === "ignored" || from === 1001);
      assert.equal(heardOf(junk, people).kind, "ignored");
    }),
  );
});

function hear(update: object) {
  return heardOf({ update_id: 1, ...update }, people);
}
