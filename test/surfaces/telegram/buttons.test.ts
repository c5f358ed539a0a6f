/** What a button carries: only what this bot signed, for this chat, is taken for a press. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { goodForMs, signer } from "../../../src/surfaces/telegram/buttons.ts";
import type { Button } from "../../../src/surfaces/telegram/messages.ts";
import { testToken } from "../../telegram/bot-api.ts";

const subject = {
  notificationId: "0123456789ab",
  mark: "1a2b3c4d",
  atMs: Date.parse("2026-11-22T10:00:30Z"),
};
const buttons: Button[][] = [
  [
    { verb: "ack", label: "Ack" },
    { verb: "retry", label: "Retry" },
  ],
  [{ verb: "open", label: "Open" }],
];
const own = signer(testToken, "acme/shop");
const [data = ""] = dataOf(own, "1001");

test("what was signed for a chat comes back as it was, in that chat", () => {
  const read = dataOf(own, "1001").map((each) => own.read("1001", each, subject.atMs));
  const pressed = { kind: "pressed", notificationId: "0123456789ab", mark: "1a2b3c4d" };
  assert.deepEqual(read, [
    { ...pressed, verb: "ack" },
    { ...pressed, verb: "retry" },
    { ...pressed, verb: "open" },
  ]);
});

test("it fits into the 64 bytes that a button may carry, also without a try to name", () => {
  for (const each of [...dataOf(own, "-1001234567890123"), ...dataOf(own, "1", { ...subject, mark: "-" })]) {
    assert.ok(Buffer.byteLength(each) <= 64, each);
    assert.equal(
      own.read(each.includes(":-:") ? "1" : "-1001234567890123", each, subject.atMs).kind,
      "pressed",
    );
  }
});

test("another chat, another repository or another bot did not sign it", () => {
  for (const [reader, chat] of [
    [own, "1002"],
    [own, "-1001"],
    [signer(testToken, "acme/other"), "1001"],
    [signer(`${testToken}x`, "acme/shop"), "1001"],
  ] as const)
    assert.deepEqual(reader.read(chat, data, subject.atMs), { kind: "forged" });
});

test("changed in any character it is forged", () => {
  for (let at = 0; at < data.length; at++) {
    const changed = `${data.slice(0, at)}${data[at] === "0" ? "1" : "0"}${data.slice(at + 1)}`;
    assert.deepEqual(own.read("1001", changed, subject.atMs), { kind: "forged" }, changed);
  }
});

test("a verb that is none is forged, also where it was signed", () => {
  // as: what a later version might sign, and this one must not act on.
  const [later = ""] = dataOf(own, "1001", subject, [[{ verb: "wipe" as "ack", label: "Wipe" }]]);
  assert.deepEqual(own.read("1001", later, subject.atMs), { kind: "forged" });
});

test("it is good for a week, and expired after that", () => {
  const minute = Math.floor(subject.atMs / 60_000) * 60_000;
  assert.equal(own.read("1001", data, minute + goodForMs).kind, "pressed");
  assert.deepEqual(own.read("1001", data, minute + goodForMs + 1), { kind: "expired" });
});

test("nothing that anybody makes up is taken", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.deepEqual(own.read("1001", text, subject.atMs), { kind: "forged" });
    }),
  );
});

function dataOf(by: typeof own, chat: string, about = subject, given = buttons): string[] {
  return by
    .sign(chat, given, about)
    .flat()
    .map((button) => ("callback_data" in button ? button.callback_data : ""));
}
