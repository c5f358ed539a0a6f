/** What somebody's words ask for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { menu, parseMessage } from "../../../src/surfaces/telegram/commands.ts";

const understood: [string, object][] = [
  ["/status", { verb: "status" }],
  ["  /Queue  ", { verb: "queue" }],
  ["/start", { verb: "help" }],
  ["/start deep-link", { verb: "help" }],
  ["/help@signalbox_bot", { verb: "help" }],
  ["/why shop-42", { verb: "why", slug: "shop-42" }],
  ["/retry\nshop", { verb: "retry", slug: "shop" }],
  ["/pause  the disk is\n full ", { verb: "pause", reason: "the disk is full" }],
  ["/resume", { verb: "resume", reason: "resumed from Telegram" }],
  ["/resume done", { verb: "resume", reason: "done" }],
];

for (const [text, command] of understood)
  test(`${JSON.stringify(text)} is understood`, () => {
    assert.deepEqual(parseMessage(text, "Signalbox_Bot"), { kind: "command", command });
  });

const misused = [
  "/why",
  "/retry --upload-pack=x",
  "/retry ../x",
  "/why a b",
  `/why ${"a".repeat(65)}`,
  "/retry Shop",
  "/why con",
  "/pause",
  "/pause   ",
  `/pause ${"x".repeat(301)}`,
  "/merge",
  "/status2",
];

for (const text of misused)
  test(`${JSON.stringify(text.slice(0, 40))} is answered with what to write instead`, () => {
    const parsed = parseMessage(text, "signalbox_bot");
    assert.ok(parsed.kind === "wrong_use" && parsed.hint.length > 10);
    assert.doesNotMatch(parsed.hint, /upload-pack|Shop|\.\./);
  });

for (const text of [
  "hello",
  "status",
  "",
  "/",
  "//status",
  "/status@other_bot",
  "please /pause now",
  "/ status",
])
  test(`${JSON.stringify(text)} is not ours`, () => {
    assert.deepEqual(parseMessage(text, "signalbox_bot"), { kind: "not_ours" });
  });

test("what the menu offers is understood", () => {
  for (const { command } of menu) {
    const bare = parseMessage(`/${command}`, "b");
    assert.notEqual(parseMessage(`/${command} shop`, "b").kind, "wrong_use", command);
    assert.notEqual(bare.kind, "not_ours", command);
  }
});

test("any words are read, and no slug comes out that may not name an item", () => {
  fc.assert(
    fc.property(fc.constantFrom("/why ", "/retry ", ""), fc.string({ unit: "binary" }), (verb, rest) => {
      const parsed = parseMessage(`${verb}${rest}`, "b");
      if (parsed.kind === "command" && "slug" in parsed.command)
        assert.match(parsed.command.slug, /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/);
    }),
  );
});
