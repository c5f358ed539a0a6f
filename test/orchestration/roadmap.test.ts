import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import {
  editRoadmap,
  type PlanningBooks,
  type RoadmapEdit,
  type RoadmapItem,
  readPlan,
} from "../../src/orchestration/roadmap.ts";

const roadmap = "# head\n- slug: a\n# why b\n- {slug: b, after: [a]}\n- slug: c\n  after: [b, old]\n";
const delivered = "- slug: old\n- slug: group\n  children: [small]\n";
const books: PlanningBooks = { roadmap, delivered };

const itemOf = (slug: string, more: Partial<RoadmapItem> = {}): RoadmapItem => ({
  slug,
  title: null,
  description: null,
  group: null,
  after: [],
  ...more,
});
const add = (slug: string, more: Partial<RoadmapItem> = {}): RoadmapEdit => ({
  act: "add",
  item: itemOf(slug, more),
  position: { at: "last" },
});

suite("the plan", () => {
  test("is the roadmap's items in their order, each with what it says of itself", () => {
    const text = `- slug: a\n  title: A\n  description: D\n  group: g\n  after: [b, 7]\n- just text\n- title: no slug\n`;
    const plan = readPlan({ roadmap: text, delivered });
    assert.ok(plan.kind === "read");
    assert.deepEqual(plan.items, [{ slug: "a", title: "A", description: "D", group: "g", after: ["b"] }]);
    assert.deepEqual([...plan.delivered], ["old", "group", "small"]);
  });

  test("is empty where there is no roadmap, and told where the file is none", () => {
    assert.deepEqual(readPlan({ roadmap: null, delivered: null }), {
      kind: "read",
      items: [],
      delivered: new Set(),
    });
    assert.equal(readPlan({ roadmap: "slug: a\n", delivered: null }).kind, "malformed");
    assert.deepEqual(readPlan({ roadmap: "- __proto__: {slug: evil}\n", delivered: null }), {
      kind: "read",
      items: [],
      delivered: new Set(),
    });
  });
});

suite("an edit of the roadmap", () => {
  const edits: [string, PlanningBooks, RoadmapEdit, string][] = [
    ["adds an item at the end", books, add("d"), `${roadmap}- slug: d\n`],
    [
      "adds all that was said of it, in the order of the format",
      { roadmap: "- slug: a\n", delivered },
      add("d", { after: ["a", "old"], group: "g", description: "D", title: "T: t" }),
      `- slug: a\n- slug: d\n  title: "T: t"\n  description: D\n  group: g\n  after: [a, old]\n`,
    ],
    [
      "begins a roadmap where there is none",
      { roadmap: null, delivered: null },
      add("d"),
      "# What we do next, in order.\n- slug: d\n",
    ],
    [
      "moves an item with its comment",
      books,
      { act: "move", slug: "b", position: { at: "first" } },
      "# head\n# why b\n- {slug: b, after: [a]}\n- slug: a\n- slug: c\n  after: [b, old]\n",
    ],
    [
      "drops an item, also out of what waits for it",
      books,
      { act: "drop", slug: "a" },
      "# head\n# why b\n- {slug: b, after: []}\n- slug: c\n  after: [b, old]\n",
    ],
  ];
  for (const [what, before, edit, text] of edits)
    test(what, () => {
      const editing = editRoadmap(before, edit);
      assert.ok(editing.kind === "edited", JSON.stringify(editing));
      assert.equal(editing.text, text);
    });

  test("says who does not wait any more", () => {
    const editing = editRoadmap(books, { act: "drop", slug: "b" });
    assert.deepEqual(editing.kind === "edited" ? editing.notes : editing, [
      "c does not wait for b any more.",
    ]);
  });

  test("changes nothing where the item is there already", () => {
    assert.equal(editRoadmap(books, { act: "move", slug: "a", position: { at: "first" } }).kind, "unchanged");
  });

  const refusals: [string, PlanningBooks, RoadmapEdit, string, "wrong_use" | "not_ready", RegExp][] = [
    ["one that is planned", books, add("a"), "already_planned", "not_ready", /a is in the roadmap/],
    ["one that was delivered", books, add("old"), "already_delivered", "not_ready", /old was delivered/],
    ["a child of a delivered group", books, add("small"), "already_delivered", "not_ready", /small/],
    [
      "one that waits for nobody known",
      books,
      add("d", { after: ["aa"] }),
      "not_planned",
      "wrong_use",
      /aa.*a\?/s,
    ],
    [
      "one that waits for itself",
      { roadmap: "- {slug: a, after: [d]}\n", delivered },
      add("d", { after: ["a"] }),
      "after_cycle",
      "wrong_use",
      /d → a → d/,
    ],
    [
      "a neighbour that is not there",
      books,
      { act: "add", item: itemOf("d"), position: { at: "before", slug: "cc" } },
      "not_planned",
      "wrong_use",
      /cc is not/,
    ],
    [
      "a move of nobody",
      books,
      { act: "move", slug: "zz", position: { at: "first" } },
      "not_planned",
      "wrong_use",
      /zz/,
    ],
    ["a drop of nobody", books, { act: "drop", slug: "zz" }, "not_planned", "wrong_use", /zz/],
    [
      "a roadmap that is none",
      { roadmap: "a: [", delivered },
      add("d"),
      "roadmap_unreadable",
      "not_ready",
      /cannot be read/,
    ],
    [
      "a roadmap of one anchored whole",
      { roadmap: "&all [*x]\n", delivered },
      add("d"),
      "roadmap_unreadable",
      "not_ready",
      /read/,
    ],
  ];
  for (const [what, before, edit, code, fault, why] of refusals)
    test(`refuses ${what}`, () => {
      const editing = editRoadmap(before, edit);
      assert.ok(editing.kind === "refused", JSON.stringify(editing));
      assert.deepEqual([editing.code, editing.fault], [code, fault]);
      assert.match(`${editing.why} ${editing.cure}`, why);
    });

  test("keeps every other item as it was, whatever is added, moved or dropped", () => {
    const slugs = ["a", "b", "c", "d", "e"];
    const slug = fc.constantFrom(...slugs);
    const position = fc.oneof(
      fc.constantFrom({ at: "first" as const }, { at: "last" as const }),
      fc.record({ at: fc.constantFrom("before" as const, "after" as const), slug }),
    );
    const edit: fc.Arbitrary<RoadmapEdit> = fc.oneof(
      fc.record({ act: fc.constant("add" as const), item: slug.map((one) => itemOf(one)), position }),
      fc.record({ act: fc.constant("move" as const), slug, position }),
      fc.record({ act: fc.constant("drop" as const), slug }),
    );
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 12 }), (steps) => {
        let text: string | null = roadmap;
        for (const step of steps) {
          const named = step.act === "add" ? step.item.slug : step.slug;
          const others = (of: string | null) => {
            const entries: { slug: string }[] = parse(of ?? "") ?? [];
            return entries.map((entry) => entry.slug).filter((one) => one !== named);
          };
          const editing = editRoadmap({ roadmap: text, delivered }, step);
          if (editing.kind !== "edited") continue;
          assert.deepEqual(others(editing.text), others(text));
          text = editing.text;
        }
        assert.match(text, /^# head$/m);
        assert.match(text, /^# why b$/m);
      }),
    );
  });
});
