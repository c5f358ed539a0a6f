/** What the board remembers of the line's own rounds: the newest judgement of every candidate, and nothing that is over. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Judgements, openJudgements } from "../../src/board/judgements.ts";
import type { Judge, Judged } from "../../src/integration/trigger.ts";
import { allIsWell, candidate, id } from "../integration/story.ts";

type Told = { slug: string; sha?: string; reasons?: string[] };

/** Oldest first, as a judge answers. */
function judged({ slug, sha = id(1), reasons = [] }: Told): Judged {
  const status = reasons.length === 0 ? "READY" : "NOT_READY";
  return {
    judgement: {
      candidate: { ...candidate, slug, sha },
      status,
      conditions: [],
      reasons,
      supersededBy: null,
      readyAtMs: status === "READY" ? 1_000 : null,
    },
    facts: allIsWell,
    item: null,
  };
}

/** A judge whose rounds answer these, one after the other. */
function judgeOf(...rounds: (readonly Told[] | Error)[]): Judge {
  const answer = async (): Promise<Judged[]> => {
    const round = rounds.shift() ?? [];
    if (round instanceof Error) throw round;
    return round.map(judged);
  };
  return { settle: answer, look: answer, one: async () => null };
}

const shown = (judgements: Judgements) =>
  judgements.all().map(({ slug, sha, status }) => `${slug} ${sha.slice(-1)} ${status}`);
const some = (...slugs: string[]) => new Set(slugs);

suite("the judgements that the board shows", () => {
  const table: [
    what: string,
    rounds: [slugs: ReadonlySet<string> | null, told: Told[]][],
    shows: string[],
  ][] = [
    ["nothing before the first round", [], []],
    ["what a round over all said", [[null, [{ slug: "a" }, { slug: "b" }]]], ["b 1 READY", "a 1 READY"]],
    [
      "the newest commit of a slug first",
      [
        [
          null,
          [
            { slug: "a", sha: id(1) },
            { slug: "a", sha: id(2), reasons: ["not reviewed"] },
          ],
        ],
      ],
      ["a 2 NOT_READY", "a 1 READY"],
    ],
    [
      "a later word over an earlier one",
      [
        [null, [{ slug: "a", reasons: ["not reviewed"] }, { slug: "b" }]],
        [some("a"), [{ slug: "a" }]],
      ],
      ["b 1 READY", "a 1 READY"],
    ],
    [
      "nothing more of a slug that a round found nothing open of",
      [
        [null, [{ slug: "a" }, { slug: "b" }]],
        [some("a"), []],
      ],
      ["b 1 READY"],
    ],
    [
      "nothing of a round over all that is not in the next one",
      [
        [null, [{ slug: "a" }, { slug: "b" }]],
        [null, [{ slug: "b" }]],
      ],
      ["b 1 READY"],
    ],
    [
      "others untouched by a round about one slug",
      [
        [null, [{ slug: "a" }]],
        [some("b"), [{ slug: "b", reasons: ["not pushed"] }]],
      ],
      ["a 1 READY", "b 1 NOT_READY"],
    ],
  ];
  for (const [what, rounds, shows] of table)
    test(`are ${what}`, async () => {
      const judgements = openJudgements();
      const judge = judgements.listening(judgeOf(...rounds.map(([, told]) => told)));
      for (const [slugs] of rounds) await judge.settle(slugs);
      assert.deepEqual(shown(judgements), shows);
    });

  test("have another version after every round, and the same between them", async () => {
    const judgements = openJudgements();
    const judge = judgements.listening(judgeOf([{ slug: "a" }], [{ slug: "a" }]));
    const versions = [judgements.version()];
    for (let round = 0; round < 2; round++) {
      await judge.settle(null);
      versions.push(judgements.version());
      assert.equal(judgements.version(), versions.at(-1));
    }
    assert.equal(new Set(versions).size, 3);
  });

  test("are not changed by a look, nor by a round that failed", async () => {
    const judgements = openJudgements();
    const judge = judgements.listening(judgeOf([{ slug: "a" }], [{ slug: "b" }], new Error("Redis is away")));
    await judge.settle(null);
    const version = judgements.version();
    await judge.look(null);
    await assert.rejects(judge.settle(null), /Redis is away/);
    assert.deepEqual([shown(judgements), judgements.version()], [["a 1 READY"], version]);
  });

  test("leave the judge's own answer as it was", async () => {
    const judge = openJudgements().listening(judgeOf([{ slug: "a" }, { slug: "b" }]));
    const answer = await judge.settle(null);
    assert.deepEqual(
      answer.map(({ judgement }) => judgement.candidate.slug),
      ["a", "b"],
    );
  });
});
