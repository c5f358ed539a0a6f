import assert from "node:assert/strict";
import { test } from "node:test";
import { mainMoved } from "../../src/events/main-moved.ts";
import { catalog, event, foldOne, sha } from "./story.ts";

const move = { from: sha("1"), to: sha("2"), by: "Mallory", commits: [sha("2")], forced: false };

test("a foreign move says who, from where, and how many commits", () => {
  const { title, body, quiet } = foldOne(event(1, "integration.main.moved", move));
  assert.equal(title, "Main was moved to 2222222 by Mallory");
  assert.equal(body, "It was at 1111111. One commit is no landing of the line.");
  assert.equal(quiet, false);
});

test("one that rewrote main, came through broken glass, or was to be expected, says that", () => {
  const many = { ...move, commits: [sha("2"), sha("3")], commit_count: 512, forced: true };
  assert.match(
    foldOne(event(1, "integration.main.moved", many)).body,
    /512 commits are no landings.*It was rewritten/,
  );
  const opened = { ...move, guard_opened: { actor: "ada", reason: "the shop is down." } };
  const rescue = foldOne(event(1, "integration.main.moved", opened));
  assert.equal(rescue.title, "Main was moved to 2222222 by Mallory, while the guard stood open");
  assert.match(rescue.body, /ada had opened the guard: the shop is down\.$/);
  const nameless = foldOne(event(1, "integration.main.moved", { ...move, guard_opened: {} }));
  assert.match(nameless.body, /Somebody had opened the guard\.$/);
  const expected = foldOne(event(1, "integration.main.moved", { ...move, expected: true }));
  assert.match(expected.body, /The line is in shadow: main is left to others\.$/);
  assert.equal(expected.quiet, true, "it rings nowhere");
});

test("main that was deleted is told as that, with where it was", () => {
  const gone = { from: sha("1"), to: null, by: "unknown", commits: [], forced: false };
  const { title, body, quiet } = foldOne(event(1, "integration.main.moved", gone));
  assert.equal(title, "Main was deleted at the remote");
  assert.equal(body, "It was at 1111111. Nothing lands until the remote has it again.");
  assert.equal(quiet, false);
});

test("every saying is an event of its own: main may go to and fro", () => {
  assert.equal(mainMoved.idempotency, "each");
  assert.ok(catalog.get(mainMoved.type));
});
