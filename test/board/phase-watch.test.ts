/** Since when the delivery in hand is in its phase, as far as one who only looks can tell. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { phaseWatch } from "../../src/board/phase-watch.ts";
import { isoTime } from "../../src/clock.ts";
import type { Delivery } from "../../src/integration/delivery.ts";
import { candidate, id } from "../integration/story.ts";

const merge = { oldMain: id(1), mergeCommit: id(2), tip: id(3), tree: id(4), warnings: [], atTip: true };
const taken = { candidate, deliveryId: "d1", attempt: 1, startedAtMs: 500 };
const inPhase = {
  picked: { ...taken, phase: "picked" },
  merged: { ...taken, phase: "merged", merge, followers: [] },
  checked: { ...taken, phase: "checked", merge, followers: [], checks: [], apart: false },
} as const satisfies Record<string, Delivery>;

suite("the phase of the delivery in hand", () => {
  const table: [what: string, looks: [Delivery | null, nowMs: number][], since: number | null][] = [
    ["nothing is in hand", [[null, 900]], null],
    ["picked is since it was taken, whenever it is looked at", [[inPhase.picked, 900]], 500],
    ["met in the middle, it is since then", [[inPhase.merged, 900]], 900],
    [
      "looked at again, it is since the first look",
      [
        [inPhase.merged, 900],
        [inPhase.merged, 1500],
      ],
      900,
    ],
    [
      "the next phase is since it was seen",
      [
        [inPhase.picked, 600],
        [inPhase.merged, 900],
        [inPhase.checked, 950],
      ],
      950,
    ],
    [
      "thrown back to the start, it is since it was taken",
      [
        [inPhase.merged, 900],
        [inPhase.picked, 950],
      ],
      500,
    ],
    [
      "another delivery begins anew",
      [
        [inPhase.merged, 900],
        [{ ...inPhase.merged, deliveryId: "d2" }, 950],
      ],
      950,
    ],
    [
      "another attempt begins anew",
      [
        [inPhase.merged, 900],
        [{ ...inPhase.merged, attempt: 2 }, 950],
      ],
      950,
    ],
    [
      "gone and back, it begins anew",
      [
        [inPhase.merged, 900],
        [null, 920],
        [inPhase.merged, 950],
      ],
      950,
    ],
  ];
  for (const [what, looks, since] of table)
    test(what, () => {
      const watch = phaseWatch();
      const seen = looks.map(([delivery, nowMs]) => watch.see(delivery, nowMs)).at(-1);
      const expected = since === null ? null : { since: isoTime(500), phaseSince: isoTime(since) };
      assert.deepEqual(seen, expected);
    });

  test("two who watch tell for themselves", () => {
    const [early, late] = [phaseWatch(), phaseWatch()];
    early.see(inPhase.merged, 900);
    assert.equal(late.see(inPhase.merged, 950)?.phaseSince, isoTime(950));
    assert.equal(early.see(inPhase.merged, 950)?.phaseSince, isoTime(900));
  });
});
