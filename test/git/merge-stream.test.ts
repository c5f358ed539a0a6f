import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseMergeStream, type Remerged } from "../../src/git/merge-stream.ts";

const id = (digit: string) => digit.repeat(40);
const staged = (path: string, mode = "100644") =>
  [1, 2, 3].map((stage) => `${mode} ${id("b")} ${stage}\t${path}\0`).join("");

test("answers are read one by one, whatever their paths are called", () => {
  const stream =
    `1\0${id("1")}\0\0` + `0\0${id("2")}\0${staged("a b\n1\tc")}${staged("ü")}\0` + `1\0${id("3")}\0\0`;
  assert.deepEqual(parseMergeStream(Buffer.from(stream)), [
    { kind: "clean", tree: id("1") },
    { kind: "conflicted", paths: ["a b\n1\tc", "ü"], submodulesOnly: false },
    { kind: "clean", tree: id("3") },
  ]);
  assert.deepEqual(parseMergeStream(Buffer.from("")), []);
});

test("a conflict about nothing but the commits of submodules is told from others", () => {
  const [only] = parseMergeStream(Buffer.from(`0\0${id("2")}\0${staged("lib", "160000")}\0`)) ?? [];
  assert.deepEqual(only, { kind: "conflicted", paths: ["lib"], submodulesOnly: true });
  const [both] =
    parseMergeStream(Buffer.from(`0\0${id("2")}\0${staged("lib", "160000")}${staged("a")}\0`)) ?? [];
  assert.equal(both?.kind === "conflicted" && both.submodulesOnly, false);
});

test("a stream that was cut off, or is none, is no answer", () => {
  const whole = `1\0${id("1")}\0\0` + `0\0${id("2")}\0${staged("a")}\0`;
  for (const text of [whole.slice(0, -1), `2\0${id("1")}\0\0`, "1\0no tree\0\0", "fatal: no\0"])
    assert.equal(parseMergeStream(Buffer.from(text)), null, JSON.stringify(text));
});

test("as many answers come out as were given, for any of them", () => {
  const clean = fc.constant<Remerged>({ kind: "clean", tree: id("c") });
  const path = fc.stringMatching(/^[^\0]{1,20}$/).filter((text) => text !== "");
  const conflict = fc
    .uniqueArray(path, { minLength: 1, maxLength: 4 })
    .map((paths): Remerged => ({ kind: "conflicted", paths, submodulesOnly: false }));
  fc.assert(
    fc.property(fc.array(fc.oneof(clean, conflict), { maxLength: 8 }), (answers) => {
      const stream = answers
        .map((one) =>
          one.kind === "clean"
            ? `1\0${one.tree}\0\0`
            : `0\0${id("d")}\0${one.paths.map((p) => staged(p)).join("")}\0`,
        )
        .join("");
      assert.deepEqual(parseMergeStream(Buffer.from(stream)), answers);
    }),
  );
});
