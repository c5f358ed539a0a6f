import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { parseRoadmap, type Roadmap, waitsFor } from "../../src/books/roadmap.ts";

const roadmapOf = (after: Record<string, string[]>, delivered: string[] = []): Roadmap => ({
  entries: Object.entries(after).map(([slug, list]) => ({ slug, after: list })),
  delivered: new Set(delivered),
});

suite("what the roadmap makes an item wait for", () => {
  test("is every slug of its after: list that is not delivered, and nothing for an item it does not name", () => {
    const roadmap = roadmapOf({ ui: ["api", "db"], api: [] }, ["db"]);
    assert.deepEqual(waitsFor(roadmap, "ui"), { waitingFor: ["api"], cycle: null });
    assert.deepEqual(waitsFor(roadmap, "api"), { waitingFor: [], cycle: null });
    assert.deepEqual(waitsFor(roadmap, "elsewhere"), { waitingFor: [], cycle: null });
  });

  test("is a cycle where one leads back, named from the item on; not where it only leads into one", () => {
    const roadmap = roadmapOf({ a: ["b"], b: ["c"], c: ["a"], d: ["a"], e: ["e"] });
    assert.deepEqual(waitsFor(roadmap, "a").cycle, ["a", "b", "c", "a"]);
    assert.deepEqual(waitsFor(roadmap, "e").cycle, ["e", "e"]);
    assert.equal(waitsFor(roadmap, "d").cycle, null);
    assert.equal(waitsFor({ ...roadmap, delivered: new Set(["b"]) }, "a").cycle, null);
  });

  test("is found in any graph: the named cycle is one, and no cycle is missed", () => {
    const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
    const graph = fc.dictionary(name, fc.uniqueArray(name, { maxLength: 3 }));
    fc.assert(
      fc.property(graph, name, (after, from) => {
        const { cycle } = waitsFor(roadmapOf(after), from);
        const lists: Record<string, string[]> = after;
        const next = (slug: string) => lists[slug] ?? [];
        const reached = new Set<string>(next(from));
        for (const slug of reached) for (const to of next(slug)) reached.add(to);
        assert.equal(cycle !== null, reached.has(from));
        cycle?.slice(1).forEach((slug, at) => {
          assert.ok(next(cycle[at] ?? "").includes(slug));
        });
      }),
    );
  });

  test("is found along a chain of thousands of items", () => {
    const after = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`s${at}`, [`s${at + 1}`]]));
    assert.equal(waitsFor(roadmapOf(after), "s0").cycle, null);
    assert.equal(waitsFor(roadmapOf({ ...after, s20000: ["s0"] }), "s0").cycle?.length, 20_002);
  });
});

suite("the roadmap's files", () => {
  test("are read as lists of items; groups count with their children once delivered", () => {
    const text =
      "# plans\n- slug: ui\n  after: [api, 7]\n  title: x\n- slug: api\n- just a text\n- group: no slug\n";
    const delivered = "- slug: big\n  children: [small, 3]\n- slug: old\n";
    const { entries, delivered: done } = parseRoadmap(text, delivered);
    assert.deepEqual(entries, [
      { slug: "ui", after: ["api"] },
      { slug: "api", after: [] },
    ]);
    assert.deepEqual([...done], ["big", "small", "old"]);
  });

  const harmless: [string, string | null][] = [
    ["missing", null],
    ["empty", ""],
    ["no list", "slug: a\n"],
    ["malformed", "- slug: [\n"],
    ["with duplicate keys", "- slug: a\n  slug: b\n"],
    [
      "an alias bomb",
      `a: &a [x,x]\nb: &b [*a,*a]\n${"c: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n".repeat(1)}`,
    ],
    ["naming __proto__", "- __proto__: {slug: evil, after: [x]}\n"],
  ];
  for (const [what, text] of harmless)
    test(`make nobody wait where one is ${what}`, () => {
      const roadmap = parseRoadmap(text, text);
      assert.deepEqual([roadmap.entries, roadmap.delivered.size], [[], 0]);
    });

  test("never throw, whatever they hold", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseRoadmap(text, text)));
  });
});
