/** The screen is exactly its size, whatever it shows; and what it shows is what somebody has to know. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { paint, widthOf } from "../../../src/surfaces/text.ts";
import { apart, cell, ending, wrapped } from "../../../src/surfaces/tui/cells.ts";
import { candidateLines, trainLines } from "../../../src/surfaces/tui/detail-lines.ts";
import { helpLines } from "../../../src/surfaces/tui/help-lines.ts";
import type { Key } from "../../../src/surfaces/tui/keys.ts";
import { layoutOf, windowOf } from "../../../src/surfaces/tui/layout.ts";
import { openedText } from "../../../src/surfaces/tui/opened-lines.ts";
import { itemLine, shortType } from "../../../src/surfaces/tui/row-lines.ts";
import { screenOf } from "../../../src/surfaces/tui/screen.ts";
import type { TuiState } from "../../../src/surfaces/tui/state.ts";
import type { News } from "../../../src/surfaces/tui/update.ts";
import { after, ago, board, detail, event, fullBoard, notification, now, session, train } from "./boards.ts";

const shown = (state: TuiState) => screenOf(state).map(({ line }) => paint(line, false));
const text = (state: TuiState) => shown(state).join("\n");
const type = (...keys: string[]): News[] => keys.map((key) => ({ kind: "key", key: asKey(key) }));
const asKey = (key: string): Key => (key === "enter" || key === "escape" ? key : { type: key });

const everything: News[] = [
  { kind: "board", board: fullBoard(40) },
  {
    kind: "notifications",
    items: [notification("fix-login"), notification("paint-blue", { needs_attention: true })],
  },
  {
    kind: "sessions",
    items: [session("build-1"), session("review-2", { ended_at: ago(1), state: "ended" })],
  },
  { kind: "logged", events: [3, 2, 1].map((serial) => event(serial)) },
];

describe("cells", () => {
  test("are exactly as wide as asked for, whatever is in them", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 60 }), (words, width) => {
        for (const align of ["left", "right"] as const)
          assert.equal(widthOf(cell([words, "x"], width, align)), width);
        if (width > 2) assert.equal(widthOf(apart([words], [words], width)), width);
        if (width > 2) assert.ok(widthOf([ending(words, width)]) <= width);
      }),
    );
  });

  test("wrapped text keeps every word, in lines that fit, without a control character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.integer({ min: 9, max: 60 }),
        (words, width) => {
          const lines = wrapped(words, width, { indent: " " });
          for (const line of lines) {
            // One character, escaped, is as narrow as it gets.
            assert.ok(widthOf(line) <= Math.max(width, 12), JSON.stringify(line));
            assert.doesNotMatch(paint(line, false), /\p{Cc}/u);
          }
        },
      ),
    );
    const lines = wrapped("the quick brown fox\njumps", 12).map((line) => paint(line, false));
    assert.deepEqual(lines, ["the quick", "brown fox", "jumps"]);
    assert.deepEqual(
      wrapped("a\tb", 12).map((line) => paint(line, false)),
      ["a  b"],
    );
  });

  test("of a megabyte on one line are looked at once, not once for every line", () => {
    for (const words of ["x".repeat(1_000_000), "naïve — ".repeat(100_000)]) {
      const began = performance.now();
      const lines = wrapped(words, 76);
      assert.ok(lines.length > 10_000);
      // Looked at anew for every line, it takes minutes.
      assert.ok(performance.now() - began < 5_000, `${Math.round(performance.now() - began)} ms`);
    }
  });
});

describe("the screen", () => {
  const keys = fc.array(
    fc.constantFrom<Key>(
      ...["j", "k", "G", "g", "1", "2", "3", "4", "/", "?", "a", "r", "p", "q", "o", "x", "y"].map((key) => ({
        type: key,
      })),
      ...(["enter", "escape", "pagedown", "left", "tab", "backspace"] as const),
    ),
    { maxLength: 12 },
  );
  const size = fc.record({
    columns: fc.integer({ min: 1, max: 240 }),
    rows: fc.integer({ min: 1, max: 70 }),
  });

  test("has exactly its size, after any keys, and no control character", () => {
    fc.assert(
      fc.property(size, keys, fc.string({ unit: "binary" }), (given, pressed, words) => {
        const evil: News[] = [
          {
            kind: "board",
            board: board(
              { siding: [train(words, "siding", { why: words, reason: words })] },
              { repository: words, paused: { by: words, at: words, reason: words, draining: true } },
            ),
          },
          { kind: "notifications", items: [notification(words, { title: words, body: words })] },
          { kind: "sessions", items: [session(words, { why: words })] },
          { kind: "logged", events: [event(1, { subject: words, type: words, data: { reason: words } })] },
          ...pressed.map((key): News => ({ kind: "key", key })),
          { kind: "candidate", detail: detail(words) },
          { kind: "session_text", id: words, text: `${words}\n${words}` },
        ];
        const lines = screenOf(after(evil, given));
        assert.equal(lines.length, given.rows);
        for (const { line } of lines) {
          assert.equal(widthOf(line), given.columns);
          assert.doesNotMatch(paint(line, false), /\p{Cc}/u);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("the selected row is on it, wherever the keys went", () => {
    fc.assert(
      fc.property(size, keys, ({ columns, rows }, pressed) => {
        const given = { columns: Math.max(columns, 40), rows: Math.max(rows, 10) };
        const state = after([...everything, ...pressed.map((key): News => ({ kind: "key", key }))], given);
        if (state.opened !== null || state.isHelpShown || state.filters[state.view] !== "") return;
        const marked = screenOf(state).filter(
          ({ line, isSelected }) => isSelected || paint(line, false).startsWith("❯"),
        );
        assert.equal(marked.length, 1);
      }),
      { numRuns: 200 },
    );
  });

  test("at 80×24 it names what is on the line, blocked, queued, and who holds the lease", () => {
    const screen = text(after(everything));
    for (const word of [
      "acme/shop",
      "fedcba9",
      "● live",
      "integrator-4711 · lease 12",
      "1 blocked",
      "40 queued",
    ])
      assert.ok(screen.includes(word), `${word} is not on\n${screen}`);
    assert.match(screen, /▶ add-search +merging +4s/);
    assert.match(screen, /✗ paint-blue +conflict/);
    assert.match(screen, /1 task-1 +queued/);
    assert.match(screen, /─ ↓ 31 ──/);
    assert.match(text(after([...everything, ...type("G")])), /─ ↑ 31 ──/);
  });

  test("a pause, a shadow, a lag and quarantined events are in sight", () => {
    const paused = { by: "ada", at: ago(60), reason: "lunch", draining: false };
    const processor = { lag: 7, last_event_id: null, quarantined: 2 };
    const halted = text(after([{ kind: "board", board: board({}, { paused, mode: "shadow" }) }]));
    assert.match(halted, /shadow {2}PAUSED/);
    assert.match(halted, /Paused by ada: lunch/);
    const late = text(after([{ kind: "board", board: board({}, { processor, lease: null }) }]));
    assert.match(late, /2 in quarantine {2}lag 7/);
    assert.match(late, /no integrator/);
  });

  test("a holder with a long name leaves main in sight", () => {
    const owner_session_id = "integrator:build-machine-7.example.org:123456:0123456789abcdef";
    const lease = { owner_session_id, lease_token: 7, acquired_at: ago(1), expires_at: ago(-30) };
    const [head] = shown(after([{ kind: "board", board: board({}, { lease }) }]));
    assert.match(head ?? "", /acme\/shop {2}main fedcba9 .*integrator:build-ma… · lease 7 · 30s {2}● live/);
  });

  test("a daemon that is away is said, and what was known stays", () => {
    const away: News = { kind: "link", link: { kind: "away", why: "The daemon is away: refused" } };
    const screen = text(after([...everything, away]));
    assert.match(screen, /○ away, trying again/);
    assert.match(screen, /The daemon is away: refused/);
    assert.match(screen, /add-search/);
    assert.match(text(after([...everything, away, ...everything])), /● live/);
    assert.match(text(after([away])), /refused/);
  });

  test("wide screens show the selected one beside the list, and what is opened there", () => {
    const wide = { columns: 160, rows: 40 };
    assert.match(text(after(everything, wide)), /│ can act {4}integrator/);
    const opened = text(
      after([...everything, ...type("enter"), { kind: "candidate", detail: detail("add-search") }], wide),
    );
    assert.match(opened, /❯.*add-search/);
    assert.match(opened, /│ +✗ mergeable {2}conflicts/);
    assert.deepEqual(layoutOf({ ...after([], wide), view: "log" }), {
      body: 34,
      list: 160,
      aside: 0,
      text: 0,
    });
  });

  test("a message that is longer than the line is shown to its end, over the body, and goes away", () => {
    const said: News = { kind: "said", text: `${"no ".repeat(40)}→ signalbox queue retry`, tone: "bad" };
    const screen = shown(after([...everything, said]));
    assert.match(screen.slice(-3).join("\n"), /no no[\s\S]*→ signalbox queue retry/);
    assert.match(screen.at(-1) ?? "", /q quit/);
    const later = text(after([...everything, said, { kind: "tick", nowMs: now + 60_000 }]));
    assert.doesNotMatch(later, /no no/);
  });

  test("all of the help is on 80×24, whatever was said before", () => {
    const said: News = { kind: "said", text: "no ".repeat(60), tone: "bad" };
    assert.match(text(after([...everything, said, ...type("?")])), /q {2}\^c +leave/);
  });

  test("a long reason is typed where it can be seen", () => {
    const typed = shown(after([...everything, ...type("p", ..."because ".repeat(20))]));
    assert.match(typed.at(-2) ?? "", /because because .*because ▏? *$/);
  });

  test("one that is too small says so", () => {
    assert.match(text(after(everything, { columns: 40, rows: 5 })), /Too small: 40×5/);
    assert.match(text(after(everything, { columns: 40, rows: 10 })), /acme/);
  });

  test("empty lists say why they are empty", () => {
    const empty: News[] = [{ kind: "board", board: board() }];
    assert.match(text(after(empty)), /nothing was handed over yet/);
    assert.match(text(after([...empty, ...type("2")])), /Nothing needs you/);
    assert.match(text(after([...empty, ...type("3")])), /No session/);
    assert.match(text(after([...empty, ...type("4")])), /Nothing was said/);
    assert.match(text(after([...everything, ...type("/", "z", "z")])), /Nothing matches zz/);
  });
});

describe("what is opened", () => {
  const place = { width: 78, nowMs: now };
  const painted = (lines: ReturnType<typeof candidateLines>) =>
    lines.map((line) => paint(line, false)).join("\n");

  test("an item: the sentence, the next step, conditions, both sides of a conflict, its story", () => {
    const all = painted(candidateLines(detail("paint-blue"), place));
    for (const word of [
      "whoever works on it can act",
      "→ Merge main",
      "✓ reviewed",
      "✗ mergeable",
      "colour.txt  content",
      "│ <<<<<<< main",
      "│ blue",
      "branch: not there",
      "+1 -2",
      "deployment.started",
    ])
      assert.ok(all.includes(word), `${word} is not in\n${all}`);
  });

  test("a train beside the list: what is missing, and who can act", () => {
    const missing = [{ name: "reviewed", detail: "nobody has approved it" }];
    const all = painted(trainLines(train("a", "not_ready", { missing, who: "reviewer" }), place));
    assert.match(all, /✗ reviewed {2}nobody has approved it/);
    assert.match(all, /can act {4}reviewer/);
  });

  test("a notification, a session and an event", () => {
    const state = after(everything);
    const read = (opened: Parameters<typeof openedText>[1]) => painted(openedText(state, opened, 70).lines);
    assert.match(read({ kind: "notification", id: "fix-login" }), /History\n.*opened/);
    assert.match(read({ kind: "notification", id: "gone" }), /resolved/);
    assert.match(
      read({ kind: "session", id: "build-1", text: "compiling\n" }),
      /role +build of fix-login[\s\S]*Output\ncompiling/,
    );
    assert.match(read({ kind: "session", id: "build-1", text: "" }), /printed nothing/);
    assert.match(read({ kind: "event", streamid: "1000-1" }), /Data\n {2}\{/);
    assert.match(read({ kind: "event", streamid: "0-0" }), /no longer/);
  });
});

test("help is in one column or two, and names every key that acts", () => {
  for (const width of [78, 158]) {
    const all = helpLines(width)
      .map((line) => paint(line, false))
      .join("\n");
    for (const word of ["j k", "enter", "filter", "retry", "acknowledge", "pause", "leave"])
      assert.ok(all.includes(word), word);
  }
  assert.ok(helpLines(158).length < helpLines(78).length);
});

test("a row is exactly as wide as its place", () => {
  for (const width of [60, 79, 120, 199]) {
    const place = { width, nowMs: now };
    for (const { line } of [
      { line: itemLine({ kind: "title", text: "Queued", count: 3 }, place) },
      { line: itemLine({ kind: "train", key: "a", train: train("a", "landed") }, place) },
      { line: itemLine({ kind: "notification", key: "a", notification: notification("a") }, place) },
      { line: itemLine({ kind: "session", key: "a", session: session("a") }, place) },
      { line: itemLine({ kind: "event", key: "a", event: event(1) }, place) },
    ])
      assert.equal(widthOf(line), width);
  }
  assert.equal(shortType("domain.software-development.review.approved"), "review.approved");
});

test("a window of a list knows what is above and below it", () => {
  const items = Array.from({ length: 10 }, (_, at) => ({
    kind: "train" as const,
    key: String(at),
    train: train(String(at), "queued"),
  }));
  const seen = windowOf(items, { top: 3, cursor: { key: "4", index: 4 }, body: 4 });
  assert.deepEqual([seen.shown.length, seen.above, seen.below, seen.selectedKey], [4, 3, 3, "4"]);
});
