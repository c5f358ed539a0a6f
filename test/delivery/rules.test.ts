import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  endOfQuietMs,
  everything,
  matchesType,
  quietHoursOf,
  type TargetRules,
  tellAtMs,
  wants,
} from "../../src/delivery/rules.ts";

const failed = "domain.software-development.deployment.failed";
const minuteMs = 60_000;
const at = (time: string) => Date.parse(`2026-11-22T${time}Z`);

suite("patterns of event types", () => {
  const cases: [pattern: string, type: string, matches: boolean][] = [
    [failed, failed, true],
    ["deployment.failed", failed, true],
    ["deployment", failed, true],
    ["software-development", failed, true],
    ["software-development.deployment.*", failed, true],
    ["domain.software-development.*", failed, true],
    ["*", failed, true],
    ["*.failed", failed, true],
    ["dep*ment.f*d", failed, true],
    ["deploy", failed, false],
    ["deployment.fail", failed, false],
    ["*.completed", failed, false],
    ["failed*", failed, false],
    ["deployment.*.failed", failed, false],
    ["acme.release", "acme.release.cut", true],
    ["release", "acme.release.cut", false],
  ];
  for (const [pattern, type, matches] of cases)
    test(`${pattern} ${matches ? "names" : "does not name"} ${type}`, () =>
      assert.equal(matchesType(pattern, type), matches));

  test("a star stands for anything, wherever it is put", () => {
    fc.assert(
      fc.property(fc.nat(failed.length), fc.nat(failed.length), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        assert.ok(matchesType(`${failed.slice(0, from)}*${failed.slice(to)}`, failed));
      }),
    );
  });
});

suite("who is told", () => {
  const rules = (more: Partial<TargetRules>): TargetRules => ({ ...everything, ...more });

  test("of the least level and the ones above it", () => {
    const told = (["infrastructure", "operational", "workflow", "business"] as const).filter((eventlevel) =>
      wants(rules({ levelMin: "workflow" }), { type: failed, eventlevel }),
    );
    assert.deepEqual(told, ["workflow", "business"]);
  });

  test("only of the types that are named, whatever their level", () => {
    const event = { type: failed, eventlevel: "business" } as const;
    assert.equal(wants(rules({ types: ["review", "deployment"] }), event), true);
    assert.equal(wants(rules({ types: ["review"] }), event), false);
  });
});

suite("quiet hours", () => {
  const overnight = quietHoursOf("22:00-07:00", "UTC");
  const midday = quietHoursOf("12:00-13:30", "UTC");
  const cases: [hours: typeof overnight, now: string, until: string][] = [
    [overnight, "21:59:59", "21:59:59"],
    [overnight, "22:00:00", "31:00:00"],
    [overnight, "23:30:10", "31:00:00"],
    [overnight, "03:00:00", "07:00:00"],
    [overnight, "06:59:59", "07:00:00"],
    [overnight, "07:00:00", "07:00:00"],
    [midday, "12:00:00", "13:30:00"],
    [midday, "13:30:00", "13:30:00"],
    [midday, "11:00:00", "11:00:00"],
  ];
  for (const [hours, now, until] of cases)
    test(`${hours?.fromMinute}–${hours?.toMinute} at ${now} last until ${until}`, () => {
      assert.ok(hours);
      const [hour = "", ...rest] = until.split(":");
      const day = Number(hour) >= 24 ? 24 * 60 * minuteMs : 0;
      const expected = at([String(Number(hour) % 24).padStart(2, "0"), ...rest].join(":")) + day;
      assert.equal(endOfQuietMs(hours, at(now)), expected);
    });

  test("are of the person's own time zone, summer time included", () => {
    const berlin = quietHoursOf("22:00-07:00", "Europe/Berlin");
    assert.ok(berlin);
    assert.equal(endOfQuietMs(berlin, at("21:30:00")), at("06:00:00") + 24 * 60 * minuteMs);
    assert.equal(endOfQuietMs(berlin, at("20:59:00")), at("20:59:00"));
    const summer = Date.parse("2026-07-01T20:30:00Z");
    assert.equal(endOfQuietMs(berlin, summer), Date.parse("2026-07-02T05:00:00Z"));
  });

  const shifts: [what: string, hours: string, timeZone: string, at: string, until: string][] = [
    ["an hour shorter in spring", "22:00-07:00", "Europe/Berlin", "2026-03-28T22:00", "2026-03-29T05:00"],
    ["seen after it", "22:00-07:00", "Europe/Berlin", "2026-03-29T02:30", "2026-03-29T05:00"],
    ["an hour longer in autumn", "22:00-07:00", "Europe/Berlin", "2026-10-24T20:30", "2026-10-25T06:00"],
    ["ending where no clock is", "22:00-02:30", "Europe/Berlin", "2026-03-28T22:00", "2026-03-29T01:00"],
    [
      "half an hour, on Lord Howe",
      "22:00-07:00",
      "Australia/Lord_Howe",
      "2026-10-03T12:00",
      "2026-10-03T20:00",
    ],
    ["far from it", "22:00-07:00", "Europe/Berlin", "2026-04-01T22:00", "2026-04-02T05:00"],
  ];
  for (const [what, text, timeZone, from, until] of shifts)
    test(`end when the clock on the wall says so: ${what}`, () => {
      const hours = quietHoursOf(text, timeZone);
      assert.ok(hours);
      const end = endOfQuietMs(hours, Date.parse(`${from}Z`));
      assert.equal(new Date(end).toISOString().slice(0, 16), until);
    });

  test("always end at a moment that is not quiet, within a day", () => {
    const time = fc
      .tuple(fc.nat(23), fc.nat(59))
      .map((parts) => parts.map((n) => String(n).padStart(2, "0")).join(":"));
    fc.assert(
      fc.property(time, time, fc.nat(2_000_000_000), (from, to, minute) => {
        const hours = quietHoursOf(`${from}-${to}`, "UTC");
        if (hours === null) return;
        const end = endOfQuietMs(hours, minute * 1000);
        assert.ok(end - minute * 1000 <= 24 * 60 * minuteMs);
        assert.equal(endOfQuietMs(hours, end), end);
      }),
    );
  });

  test("that begin when they end are none", () => assert.equal(quietHoursOf("09:00-09:00", "UTC"), null));
});

suite("when a target is told", () => {
  const quiet = quietHoursOf("22:00-07:00", "UTC");
  const nowMs = at("23:00:10");
  const morning = at("07:00:00") + 24 * 60 * minuteMs;
  const rings = (more: Partial<TargetRules>, level: "workflow" | "business", doesRing = true) =>
    tellAtMs({ ...everything, ...more }, { rings: doesRing, level }, { wantedMs: nowMs - 10_000, nowMs });

  test("at once, where nothing is configured", () => assert.ok(rings({}, "workflow") <= nowMs));

  test("after the quiet hours; what is of the business level, at once", () => {
    assert.equal(rings({ quiet }, "workflow"), morning);
    assert.ok(rings({ quiet }, "business") <= nowMs);
    assert.equal(rings({ quiet }, "workflow", false), morning);
  });

  test("at the end of the window, where it does not ring", () => {
    const digestMs = 15 * minuteMs;
    assert.equal(rings({ digestMs }, "workflow", false), at("23:00:00"));
    assert.ok(rings({ digestMs }, "workflow") <= nowMs);
    const later = tellAtMs(
      { ...everything, digestMs },
      { rings: false, level: "workflow" },
      { wantedMs: at("23:00:01"), nowMs },
    );
    assert.equal(later, at("23:15:00"));
  });

  test("at the end of the window, and not in the quiet hours", () =>
    assert.equal(rings({ digestMs: 15 * minuteMs, quiet }, "workflow", false), morning));
});
