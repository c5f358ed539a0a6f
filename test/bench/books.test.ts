import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCpuMs } from "../../bench/ground/process-cost.ts";
import { withDelivered, withoutItem } from "../../bench/ways/books.ts";

test("the plain edits take one item out of the roadmap and put it on top of what was delivered", () => {
  const roadmap = "# Next\n- slug: item-1\n  title: The item-1\n- slug: item-10\n  title: The item-10\n";
  assert.equal(withoutItem(roadmap, "item-1"), "# Next\n- slug: item-10\n  title: The item-10\n");
  const delivered = withDelivered("# Done\n- slug: old\n", {
    slug: "new",
    date: "2026-11-22",
    commit: "c0ffee",
  });
  assert.deepEqual(delivered.split("\n").slice(0, 2), ["# Done", "- slug: new"]);
  assert.ok(delivered.endsWith("- slug: old\n"));
});

test("CPU time is read behind the last bracket: a process may call itself anything", () => {
  const stat = `42 (a) b (c) S 1 1 1 0 -1 0 0 0 0 0 7 3 20 10 20 0 1 0 5`;
  assert.equal(parseCpuMs(stat), 400);
});
