/** Which call comes next, whatever was reached before. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Words } from "../../../src/surfaces/telegram/messages.ts";
import {
  type Noted,
  nextStep,
  notedAfter,
  type Reached,
  readNoted,
  type Step,
  type Wanted,
} from "../../../src/surfaces/telegram/steps.ts";

const chat = "1001";
const nothing = readNoted(null, chat);
const says = (text: string): Words => ({ text, entities: [], buttons: [] });
const quiet: Wanted = { card: says("c1"), alarm: says("a1"), ring: null, stands: false };
const loud: Wanted = { ...quiet, ring: "e1", stands: true };

test("news without an alarm is one silent card", () => {
  const step = nextStep(nothing, quiet);
  assert.deepEqual(step, { kind: "send", slot: "card", words: quiet.card, rings: false, replyTo: null });
  assert.deepEqual(walk(nothing, quiet).steps, ["send card"]);
});

test("progress edits the card, and nothing is said twice", () => {
  const { noted } = walk(nothing, quiet);
  assert.deepEqual(walk(noted, quiet).steps, []);
  assert.deepEqual(walk(noted, { ...quiet, card: says("c2") }).steps, ["edit card 1"]);
});

test("an alarm is a new message that rings, in reply to the card, and goes first", () => {
  const { noted } = walk(nothing, quiet);
  const step = nextStep(noted, { ...loud, card: says("c2") });
  assert.deepEqual(step, { kind: "send", slot: "alarm", words: loud.alarm, rings: true, replyTo: 1 });
  assert.deepEqual(walk(noted, { ...loud, card: says("c2") }).steps, ["ring alarm", "edit card 1"]);
});

test("an alarm that is the first word needs no card", () => {
  const { noted, steps } = walk(nothing, loud);
  assert.deepEqual(steps, ["ring alarm"]);
  assert.deepEqual(walk(noted, { ...quiet, alarm: says("over") }).steps, ["edit alarm 1"]);
});

test("when it is over both are edited", () => {
  const { noted } = walk(walk(nothing, quiet).noted, loud);
  const over = { ...quiet, card: says("done"), alarm: says("over") };
  assert.deepEqual(walk(noted, over).steps, ["edit card 1", "edit alarm 2"]);
});

test("it rings once for an alarm, again for the next, whose message takes the buttons of the one before", () => {
  const { noted } = walk(walk(nothing, quiet).noted, loud);
  assert.deepEqual(walk(noted, loud).steps, []);
  const next = walk(noted, { ...loud, ring: "e2" });
  assert.deepEqual(next.steps, ["ring alarm", "strip 2"]);
  assert.deepEqual(walk(next.noted, { ...loud, ring: "e2" }).steps, []);
});

test("a card that somebody deleted is written anew, an alarm as long as it stands", () => {
  const { noted } = walk(walk(nothing, quiet).noted, loud);
  const gone = new Set([1, 2]);
  const changed = { ...loud, card: says("c2"), alarm: says("a2") };
  assert.deepEqual(walk(noted, changed, gone).steps, [
    "edit card 1",
    "send card",
    "edit alarm 2",
    "send alarm",
  ]);
  const over = { ...changed, ring: null, stands: false };
  assert.deepEqual(walk(noted, over, gone).steps, ["edit card 1", "send card", "edit alarm 2"]);
});

test("in another chat nothing is there, but what rang has rung", () => {
  const { noted } = walk(walk(nothing, quiet).noted, loud);
  const elsewhere = readNoted(JSON.stringify(noted), "-100999");
  assert.equal(elsewhere.card, null);
  assert.equal(elsewhere.alarm?.event, "e1");
  assert.deepEqual(walk(elsewhere, loud).steps, ["send alarm"]);
  assert.deepEqual(readNoted(JSON.stringify(noted), chat), noted);
});

test("a note that cannot be read is none", () => {
  for (const text of ["", "{", "[]", "null", '{"card":{"id":"1"}}', '{"chat":1}'])
    assert.deepEqual(readNoted(text, chat), nothing);
});

test("a note says nothing of the chat", () => {
  assert.doesNotMatch(JSON.stringify(walk(nothing, loud).noted), /1001/);
});

const words = fc.constantFrom("x", "y", "z").map(says);
const wanted: fc.Arbitrary<Wanted> = fc.record({
  card: words,
  alarm: words,
  ring: fc.constantFrom(null, "e1", "e2", "e3"),
  stands: fc.boolean(),
});

test("every story comes to an end, rings at most once an alarm, and ends with the words that are wanted", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(wanted, fc.array(fc.nat(9))), { maxLength: 12 }), (story) => {
      let noted: Noted = nothing;
      let last: string | null = null;
      for (const [want, deleted] of story) {
        const walked = walk(noted, want, new Set(deleted));
        const rings = walked.steps.filter((step) => step === "ring alarm").length;
        assert.ok(rings <= 1 && (rings === 0 || want.ring !== last));
        last = walked.noted.alarm?.event ?? null;
        noted = readNoted(JSON.stringify(walked.noted), chat);
        assert.deepEqual(walk(noted, want).steps, []);
      }
    }),
  );
});

let numbers = 0;

/** All steps to the end, where the messages in `gone` are no more. New messages are numbered from 1 in a walk from nothing. */
function walk(from: Noted, wanted: Wanted, gone: ReadonlySet<number> = new Set()) {
  if (from === nothing) numbers = 0;
  let noted = from;
  const steps: string[] = [];
  for (;;) {
    const step = nextStep(noted, wanted);
    if (step.kind === "done") return { noted, steps };
    assert.ok(steps.length < 20, `no end: ${steps.join(", ")}`);
    steps.push(named(step));
    noted = notedAfter(noted, { step, reached: reachedBy(step, gone), ring: wanted.ring });
  }
}

function reachedBy(step: Exclude<Step, { kind: "done" }>, gone: ReadonlySet<number>): Reached {
  if (step.kind === "send") return { kind: "written", messageId: ++numbers };
  return gone.has(step.messageId) ? { kind: "gone" } : { kind: "changed" };
}

function named(step: Exclude<Step, { kind: "done" }>): string {
  if (step.kind === "send") return `${step.rings ? "ring" : "send"} ${step.slot}`;
  return step.kind === "edit" ? `edit ${step.slot} ${step.messageId}` : `strip ${step.messageId}`;
}
