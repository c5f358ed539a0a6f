import assert from "node:assert/strict";
import { test } from "node:test";
import { type Finding, keeps } from "../../bench/claim.ts";
import { withPart } from "../../bench/document.ts";
import { later } from "../../bench/later.ts";
import { plotOf } from "../../bench/plot.ts";
import { jsonOf, tableOf } from "../../bench/report.ts";

const circumstances = { quick: true, cores: 2, node: "v26.10.0", git: "2.39.5", seconds: 30 };

const slow: Finding = {
  key: "landing_vs_floor",
  what: "ours ÷ floor",
  target: { is: "at most", value: 1.3 },
  measured: { value: 1.7, low: 1.5, high: 1.9, rounds: 3, detail: { product_ms: 120 } },
};
const fast: Finding = {
  key: "emit_vs_raw",
  what: "emit ÷ raw",
  target: { is: "at least", value: 0.4 },
  measured: { value: 0.5 },
};
const absent: Finding = {
  key: "files_100k_vs_1k",
  what: "large ÷ small",
  target: { is: "at most", value: 1.5 },
  measured: null,
  reason: "only in a long run",
};

test("a target is kept at its very value, from its own side", () => {
  assert.ok(keeps({ is: "at most", value: 1.3 }, 1.3));
  assert.ok(!keeps({ is: "at most", value: 1.3 }, 1.31));
  assert.ok(keeps({ is: "at least", value: 4 }, 4));
  assert.ok(!keeps({ is: "at least", value: 4 }, 3.99));
});

test("the JSON has a plain number for each key, null with a reason for what was not measured", () => {
  const json = jsonOf([slow, fast, absent], circumstances);
  assert.equal(json.landing_vs_floor, 1.7);
  assert.equal(json.emit_vs_raw, 0.5);
  assert.equal(json.files_100k_vs_1k, null);
  assert.deepEqual(json.detail, {
    landing_vs_floor: { target: slow.target, kept: false, low: 1.5, high: 1.9, rounds: 3, product_ms: 120 },
    emit_vs_raw: { target: fast.target, kept: true },
    files_100k_vs_1k: { reason: "only in a long run" },
    ...Object.fromEntries(later.map(({ key, reason }) => [key, { reason }])),
  });
  for (const { key } of later) assert.equal(json[key], null);
  assert.match(String(json.durability), /appendfsync always/);
});

test("the table names what was missed as missed", () => {
  const [, , first, second, third] = tableOf([slow, fast, absent]).split("\n");
  assert.match(first ?? "", /landing_vs_floor.*≤ 1\.3 \| 1\.7 \| \*\*missed\*\*/);
  assert.match(second ?? "", /≥ 0\.4 \| 0\.5 \| kept/);
  assert.match(third ?? "", /– \| only in a long run/);
});

test("a plot shows what is worse than its target to the left, what is better to the right, each by its factor", () => {
  const at = (value: number): Finding => ({ ...slow, measured: { value } });
  const [, worse, even, better, far] = plotOf([at(5.2), at(1.3), at(0.325), at(1300)]).split("\n");
  assert.match(worse ?? "", / {10}█{10}│ +missed$/);
  assert.match(even ?? "", / {20}│ {20} kept$/);
  assert.match(better ?? "", / {20}│█{10} {10} kept$/);
  assert.match(far ?? "", /█{20}│ +missed$/);
});

test("only what stands between the marks is replaced", () => {
  const document = "a\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nb\n";
  assert.equal(withPart(document, "new"), "a\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\nb\n");
  assert.throws(() => withPart("a", "new"), /marks/);
});
