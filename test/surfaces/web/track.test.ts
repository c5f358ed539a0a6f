/** The track diagram and the lists below it, as values. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { barsOf, highest, stepsOf, tableOf } from "../../../src/surfaces/web/plots.ts";
import {
  aspectOf,
  attentionFirst,
  filtered,
  keyOf,
  matches,
  missingOf,
  sentenceOf,
  standingOf,
} from "../../../src/surfaces/web/standing.ts";
import {
  fitted,
  type Layout,
  layoutOf,
  panel,
  placeOf,
  type Standing,
  stops,
} from "../../../src/surfaces/web/track-layout.ts";
import type { Board, Train } from "../../../src/surfaces/web/wire.ts";
import { train as trainAt } from "../../board/rows.ts";

const slugs = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 64 }), { maxLength: 60 });
const standings: fc.Arbitrary<Standing> = fc.record({
  notReady: slugs,
  queued: slugs,
  onLine: fc.option(
    fc.record({ slug: fc.string({ minLength: 1 }), phase: fc.option(fc.constantFrom(...stops, "new")) }),
  ),
  blocked: slugs,
  landed: slugs.map((all) => all.map((slug) => ({ key: slug, slug }))),
});
const widths = fc.integer({ min: 640, max: 4000 });

test("no train stands on another one or beside the panel, however many there are, on whatever width", () => {
  fc.assert(
    fc.property(widths, standings, (width, standing) => {
      const { trains, landings } = layoutOf(width, standing);
      for (const { x, y, width: long } of trains) {
        assert.ok(x >= 0 && x + long <= width, `${x} + ${long} on ${width}`);
        assert.ok(y > panel.trainHeight / 2 && y < panel.height - panel.trainHeight / 2);
      }
      for (const { x } of landings) assert.ok(x > 0 && x < width);
      const rows = Map.groupBy(trains, ({ y }) => y);
      for (const row of rows.values()) {
        const sorted = row.toSorted((a, b) => a.x - b.x);
        for (const [at, { x }] of sorted.entries()) {
          const before = sorted[at - 1];
          assert.ok(
            before === undefined || before.x + before.width <= x,
            `${before?.slug} covers ${sorted[at]?.slug}`,
          );
        }
      }
    }),
  );
});

test("who is not drawn is counted: trains and counts together are all there are", () => {
  const countOf = ({ trains, more }: Layout, kind: "yard" | "queued" | "blocked") =>
    trains.filter((train) => train.kind === kind).length +
    more.filter((one) => one.kind === kind).reduce((sum, { count }) => sum + count, 0);
  fc.assert(
    fc.property(widths, standings, (width, standing) => {
      const layout = layoutOf(width, standing);
      assert.equal(countOf(layout, "yard"), standing.notReady.length);
      assert.equal(countOf(layout, "queued"), standing.queued.length);
      assert.equal(countOf(layout, "blocked"), standing.blocked.length);
    }),
  );
});

test("the next one to land stands right before the signal, and the one on the line moves on with its phase", () => {
  const empty: Standing = { notReady: [], queued: [], onLine: null, blocked: [], landed: [] };
  const { trains, signal } = layoutOf(1400, { ...empty, queued: ["first", "second"] });
  const [first, second] = trains;
  assert.ok(first && second && second.x < first.x && first.x + first.width < signal.x);
  const places = stops.map(
    (phase) => layoutOf(1400, { ...empty, onLine: { slug: "a", phase } }).trains[0]?.x ?? 0,
  );
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(places).size, stops.length);
  assert.deepEqual(
    layoutOf(1400, { ...empty, onLine: { slug: "a", phase: "checked" } }).stops.map(({ reached }) => reached),
    ["before", "before", "here", "after", "after", "after"],
  );
  assert.equal(placeOf("pushed"), 4);
  assert.equal(placeOf(null), -1);
});

test("a slug that is longer than its train is cut, and says so", () => {
  assert.equal(fitted("short", 100), "short");
  assert.match(fitted("a-slug-that-is-much-too-long-for-it", 100), /^a-slug.*…$/);
});

const train = (slug: string, more: Partial<Train> = {}): Train =>
  trainAt(slug, "queued", { why: "", who: "nobody", ...more });

const line: Board["line"] = {
  not_ready: [train("a")],
  queued: [train("b"), train("c")],
  on_the_line: [train("d", { phase: "merged" }), train("e")],
  landed: [train("f"), train("f", { sha: "b".repeat(40) })],
  siding: [train("g", { reason: "conflict" })],
};

test("the filter leaves what holds all its words, and what is on the line", () => {
  const { queued, siding, on_the_line, not_ready } = filtered(line, "CONF g");
  assert.deepEqual([queued, not_ready], [[], []]);
  assert.deepEqual(
    siding.map(({ slug }) => slug),
    ["g"],
  );
  assert.equal(on_the_line.length, 2);
  assert.equal(filtered(line, "  "), line);
  assert.ok(matches("one TWO", "Two", null, "someone"));
  assert.ok(!matches("one two", "one"));
});

test("what needs somebody comes first, and the rest keeps its order", () => {
  const rows = [false, true, false, true].map((needs_attention, at) => ({ at, needs_attention }));
  assert.deepEqual(
    attentionFirst(rows).map(({ at }) => at),
    [1, 3, 0, 2],
  );
});

test("the tracks show each slug once, and of a push the first", () => {
  const standing = standingOf(line);
  assert.deepEqual(standing.onLine, { slug: "d", phase: "merged" });
  assert.equal(standing.landed.length, 2);
  assert.equal(new Set(standing.landed.map(({ key }) => key)).size, 2);
});

test("the signal stops for a pause, warns while the line drains, and is dark in shadow", () => {
  const paused = { by: "ada", at: "", reason: "", draining: false };
  assert.equal(aspectOf({ mode: "live", paused: null }), "clear");
  assert.equal(aspectOf({ mode: "live", paused }), "stop");
  assert.equal(aspectOf({ mode: "live", paused: { ...paused, draining: true } }), "caution");
  assert.equal(aspectOf({ mode: "shadow", paused }), "dark");
});

test("what is missing is said with its first evidence, and how much more there is", () => {
  const missing = [
    { name: "reviewed", detail: "nobody approved it" },
    { name: "pushed", detail: "no such branch" },
  ];
  assert.deepEqual(missingOf(train("a", { missing })), {
    name: "reviewed",
    detail: "nobody approved it (and 1 more)",
  });
  assert.deepEqual(missingOf(train("a", { why: "queued in a moment" })), {
    name: null,
    detail: "queued in a moment",
  });
});

test("another attempt of a candidate is another train", () => {
  const first = train("a", {});
  assert.notEqual(keyOf(first), keyOf({ ...first, attempt: 2 }));
});

test("the board in words names what is on the line", () => {
  // as: the sentence reads the line alone.
  const said = sentenceOf({ line } as Board);
  assert.match(said, /^d is on the line, merged\. 2 queued, 1 not ready, 1 blocked/);
});

test("plots keep every figure, and their table is the same figures", () => {
  const bars = barsOf(
    "Day",
    [
      { name: "Mon", values: [3, 1] },
      { name: "Tue", values: [0, 2] },
    ],
    [
      { name: "landed", tone: "good" },
      { name: "blocked", tone: "bad" },
    ],
  );
  assert.deepEqual(
    bars.series.map(({ values }) => values),
    [
      [3, 0],
      [1, 2],
    ],
  );
  assert.equal(highest(bars), 3);
  assert.equal(highest(barsOf("Day", [], [])), 1);
  assert.deepEqual(tableOf(bars, 1), [{ name: "Tue", values: [0, 2] }]);
  const steps = stepsOf(
    [
      { at: "2026-11-01T00:00:00Z", value: 2 },
      { at: "never", value: 9 },
    ],
    "queued",
  );
  assert.deepEqual([steps.xs, steps.series[0]?.values], [[Date.parse("2026-11-01T00:00:00Z") / 1000], [2]]);
});
