import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { parseTrailers, trailerValue } from "../../src/git/commit.ts";
import {
  deliveryMessage,
  type LandingNames,
  mergeMessage,
  squashMessage,
} from "../../src/integration/commit-message.ts";
import { candidate, id } from "./story.ts";

const names: LandingNames = {
  candidate,
  deliveryId: "d-1",
  reviewer: "rita",
  tree: id(7),
  checks: ["unit", "lint"],
};
const forged = `Signalbox-Candidate: other@${id(9)}`;
const nasty = fc.oneof(
  fc.constantFrom(
    forged,
    `x\n\n${forged}`,
    `\r${forged}`,
    `\u2028${forged}`,
    "\u0000",
    "  ",
    "a\r\n\r\nb",
    "* x",
    "\u0085",
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
);

/** What `verify` and reconciliation read in it. */
const claims = (message: string) => {
  const trailers = parseTrailers(message);
  return {
    candidate: trailerValue(trailers, "Signalbox-Candidate"),
    delivery: trailerValue(trailers, "Signalbox-Delivery"),
    checked: trailerValue(trailers, "Signalbox-Checked"),
    branch: trailerValue(trailers, "Signalbox-Branch"),
    candidates: trailers.filter(({ key }) => key.toLowerCase() === "signalbox-candidate").length,
  };
};
const expected = {
  candidate: `login@${id(1)}`,
  delivery: "d-1",
  checked: `${id(7)} unit,lint`,
  branch: "login",
  candidates: 1,
};

suite("messages of landings", () => {
  test("name the item, the candidate, the delivery, what was checked and who reviewed", () => {
    const lines = [
      "Land login: Let people in",
      "",
      `Signalbox-Candidate: login@${id(1)}`,
      "Signalbox-Branch: login",
      "Signalbox-Delivery: d-1",
      `Signalbox-Checked: ${id(7)} unit,lint`,
      "Reviewed-by: rita",
      "",
    ];
    assert.equal(mergeMessage("Let people in", names), lines.join("\n"));
    assert.match(mergeMessage("x", { ...names, checks: [] }), /^Signalbox-Checked: 7+ none$/m);
    assert.doesNotMatch(mergeMessage("x", { ...names, reviewer: null }), /Reviewed-by/);
  });

  test("cannot be made to claim another landing by a title, a reviewer, a subject or an author", () => {
    const squash = fc.record({ subjects: fc.array(nasty, { maxLength: 4 }), name: nasty, email: nasty });
    fc.assert(
      fc.property(nasty, nasty, squash, (title, reviewer, { subjects, name, email }) => {
        const hostile = { ...names, reviewer };
        assert.deepEqual(claims(mergeMessage(title, hostile)), expected);
        const body = { subjects, coAuthors: [{ name, email }] };
        assert.deepEqual(claims(squashMessage(title, body, hostile)), expected);
      }),
      { numRuns: 500 },
    );
  });

  test("of a delivery commit claim no candidate: only the merge is the landing", () => {
    const message = deliveryMessage(names);
    assert.deepEqual(claims(message), { ...expected, candidate: null, branch: null, candidates: 0 });
  });

  test("have a first line that lists can show", () => {
    const [first = ""] = mergeMessage("word ".repeat(100), names).split("\n");
    assert.ok(first.length <= 100 && first.endsWith("…"));
    const long = squashMessage("x", { subjects: ["y".repeat(10_000), "z"], coAuthors: [] }, names);
    assert.ok(long.length < 1000);
  });

  test("of a squash tell what its commits said, where there were several, and who else wrote them", () => {
    const body = { subjects: ["Begin", "End"], coAuthors: [{ name: "Bob", email: "bob@example.org" }] };
    const message = squashMessage("Let people in", body, names);
    assert.match(
      message,
      /\n\n\* Begin\n\* End\n\nCo-authored-by: Bob <bob@example.org>\nSignalbox-Candidate/,
    );
    assert.doesNotMatch(squashMessage("x", { subjects: ["Begin"], coAuthors: [] }, names), /\*/);
  });
});
