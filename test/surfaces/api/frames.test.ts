import assert from "node:assert/strict";
import { test } from "node:test";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import fc from "fast-check";
import { comeBack, frameOf, heartbeat, idLine } from "../../../src/surfaces/api/frames.ts";

function heard(...parts: (string | Buffer)[]): EventSourceMessage[] {
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message) });
  for (const part of parts) parser.feed(part.toString());
  return messages;
}

test("what is written is what is heard, whatever the text holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const data = JSON.stringify({ text });
      const [message] = heard(frameOf({ event: "log", id: "1-0", data }));
      assert.deepEqual([message?.event, message?.id, message?.data], ["log", "1-0", data.toWellFormed()]);
    }),
  );
});

test("a line with an id, before a frame that serves all, is the id of that frame", () => {
  const [message] = heard(idLine("7-0"), frameOf({ event: "board", data: "{}" }));
  assert.deepEqual([message?.id, message?.event], ["7-0", "board"]);
});

test("a heartbeat and the pause before coming back are events to nobody", () => {
  assert.deepEqual(heard(heartbeat, comeBack), []);
});
