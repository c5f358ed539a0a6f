import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { continuityOf, lostTail, otherLog } from "../../src/events/continuity.ts";
import { compareStreamIds } from "../../src/events/entry.ts";

const found = (streamId: string, sequence: number, epoch = "e") => ({
  streamId,
  event: { sequence: String(sequence).padStart(16, "0"), epoch },
});
const at = (streamId: string, sequence: number, epoch = "e") => ({ streamId, sequence, epoch });

test("an event is the next, a former one again, or the witness of a loss", () => {
  const table: [Parameters<typeof continuityOf>, string][] = [
    [[null, found("5-0", 1), 0], "next"],
    [[null, found("5-0", 8), 7], "next"],
    [[null, found("5-0", 9), 7], "missing"],
    [[at("5-0", 1), found("5-1", 2), 0], "next"],
    [[at("5-0", 1), found("4-0", 2), 0], "next"],
    [[at("5-0", 3), found("4-0", 2), 0], "handled"],
    [[at("5-0", 3), found("5-0", 3), 0], "handled"],
    [[at("5-0", 3), found("6-0", 3), 0], "went_back"],
    [[at("5-0", 3), found("6-0", 5), 0], "missing"],
    [[at("5-0", 3), found("6-0", 1, "other"), 0], "new_epoch"],
    [[at("5-0", 0, ""), found("6-0", 1), 0], "next"],
  ];
  for (const [args, expected] of table) {
    const continuity = continuityOf(...args);
    assert.equal(
      continuity.kind === "gap" ? continuity.gap.kind : continuity.kind,
      expected,
      JSON.stringify(args),
    );
  }
});

test("a reader that has read all there is knows whether more was said", () => {
  const log = { epoch: "e", sequence: 5, trimmed: 2 };
  assert.equal(lostTail(at("5-0", 5), log), null);
  assert.equal(lostTail(at("5-0", 4), log)?.expectedSequence, 5);
  assert.equal(lostTail(null, log)?.expectedSequence, 3);
  assert.equal(lostTail(null, { ...log, sequence: 2 }), null);
  assert.equal(lostTail(null, { epoch: null, sequence: 0, trimmed: 0 }), null);
  assert.equal(lostTail(at("5-0", 9, "other"), log), null);
});

test("a log is known again by its epoch and its length", () => {
  const log = { epoch: "e", sequence: 5, trimmed: 0 };
  assert.equal(otherLog(null, log), null);
  assert.equal(otherLog({ epoch: "e", sequence: 5 }, log), null);
  assert.equal(otherLog({ epoch: "e", sequence: 4 }, log), null);
  assert.equal(otherLog({ epoch: "e", sequence: 6 }, log)?.kind, "lost_tail");
  assert.equal(otherLog({ epoch: "d", sequence: 1 }, log)?.kind, "new_epoch");
  assert.equal(
    otherLog({ epoch: "d", sequence: 1 }, { epoch: null, sequence: 0, trimmed: 0 })?.kind,
    "new_epoch",
  );
});

test("of any delivery, with repetitions and holes, each event is next or witnesses a loss once, in order", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }), (numbers) => {
      let reached: ReturnType<typeof at> | null = null;
      const handled: number[] = [];
      for (const number of numbers) {
        const continuity = continuityOf(reached, found(`${number}-0`, number), 0);
        if (continuity.kind === "handled") continue;
        if (continuity.kind === "gap")
          assert.equal(continuity.gap.expectedSequence, (handled.at(-1) ?? 0) + 1);
        handled.push(number);
        reached = at(`${number}-0`, number);
      }
      assert.deepEqual(
        handled,
        [...new Set(handled)].sort((a, b) => a - b),
      );
    }),
  );
});

test("stream ids are ordered as numbers of 64 bits", () => {
  const ordered = [
    "0-0",
    "0-1",
    "1-0",
    "9-0",
    "10-0",
    "10-9",
    "10-10",
    "9007199254740993-0",
    "18446744073709551615-18446744073709551615",
  ];
  for (const [left, a] of ordered.entries())
    for (const [right, b] of ordered.entries()) {
      assert.equal(Math.sign(compareStreamIds(a, b)), Math.sign(left - right), `${a} ${b}`);
    }
});
