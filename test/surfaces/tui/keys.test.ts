/** What keys and news make of the state: who is selected, what is asked, what is done, when it rings. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Key as InkKey } from "ink";
import { itemsOf, rowsOf, selected, selectedIndex, slugOf } from "../../../src/surfaces/tui/items.ts";
import { keyOf } from "../../../src/surfaces/tui/key-of.ts";
import { type Key, namedKeys, pressed } from "../../../src/surfaces/tui/keys.ts";
import { answered, asking } from "../../../src/surfaces/tui/prompts.ts";
import { newlyNeedy, ringSequence } from "../../../src/surfaces/tui/ring.ts";
import { beginning, logKept, type TuiState } from "../../../src/surfaces/tui/state.ts";
import { type Effect, lastScroll, type News, updated } from "../../../src/surfaces/tui/update.ts";
import { after, board, detail, event, fullBoard, notification, now, session, train } from "./boards.ts";

const asKey = (key: string): Key =>
  namedKeys.find((name) => name === key) ??
  (key.startsWith("^") && key.length === 2 ? { ctrl: key.slice(1) } : { type: key });

/** The state and all effects after keys, from a board with everything on it. */
function press(state: TuiState, ...keys: string[]): { state: TuiState; effects: Effect[] } {
  const effects: Effect[] = [];
  const end = keys.reduce((current, key) => {
    const step = updated(current, { kind: "key", key: asKey(key) });
    effects.push(...step.effects);
    return step.state;
  }, state);
  return { state: end, effects };
}

const full = after([
  { kind: "board", board: fullBoard(40) },
  {
    kind: "notifications",
    items: [notification("paint-blue"), notification("x", { group: "main", title: "moved" })],
  },
  { kind: "sessions", items: [session("build-1"), session("loose", { slug: null })] },
  { kind: "logged", events: [3, 2, 1].map((serial) => event(serial)) },
]);
const keyOfSelected = (state: TuiState) => selected(state)?.key.split(" ")[0];

describe("moving", () => {
  const table: [keys: string[], slug: string][] = [
    [[], "add-search"],
    [["j"], "paint-blue"],
    [["down", "down"], "task-1"],
    [["j", "k"], "add-search"],
    [["k"], "add-search"],
    [["G"], "greet"],
    [["end", "up"], "fix-login"],
    [["G", "g"], "add-search"],
    [["^d"], "task-8"],
    [["^d", "^u"], "add-search"],
    [["pagedown"], "task-17"],
    [[" ", "pageup"], "add-search"],
    [["^n", "^p"], "add-search"],
  ];
  for (const [keys, slug] of table)
    test(`${keys.join(" ") || "nothing"} → ${slug}`, () =>
      assert.equal(keyOfSelected(press(full, ...keys).state), slug));

  test("1 to 4, tab, h, l and the arrows turn the views", () => {
    const view = (...keys: string[]) => press(full, ...keys).state.view;
    assert.deepEqual([view("1"), view("2"), view("3"), view("4")], ["line", "inbox", "sessions", "log"]);
    assert.deepEqual([view("tab"), view("l"), view("right")], ["inbox", "inbox", "inbox"]);
    assert.deepEqual([view("backtab"), view("h"), view("left", "left")], ["log", "log", "sessions"]);
    assert.equal(view("tab", "tab", "tab", "tab"), "line");
  });

  test("the selection stays on its row while others come and go, and goes to the next one when its own goes", () => {
    const { state } = press(full, "j", "j", "j");
    assert.equal(keyOfSelected(state), "task-2");
    const without = (...gone: string[]): News => {
      const next = fullBoard(40);
      const queued = next.line.queued.filter(({ slug }) => !gone.includes(slug));
      return { kind: "board", board: { ...next, line: { ...next.line, queued } } };
    };
    assert.equal(keyOfSelected(updated(state, without("task-1")).state), "task-2");
    assert.equal(keyOfSelected(updated(state, without("task-2")).state), "task-3");
    assert.equal(keyOfSelected(updated(state, { kind: "board", board: board() }).state), undefined);
    assert.equal(selectedIndex([], { key: "gone", index: 4 }), -1);
  });

  test("who stands at the head of the log stays there; who reads further down stays on the event", () => {
    const head = press(full, "4", "j", "k").state;
    const further = press(full, "4", "j").state;
    const told: News = { kind: "logged", events: [event(9)] };
    assert.equal(selected(updated(head, told).state)?.key, "1000-9");
    assert.equal(selected(updated(further, told).state)?.key, selected(further)?.key);
  });
});

describe("opening", () => {
  test("an item is asked for, and shown when it has come; one that comes too late is not", () => {
    const { state, effects } = press(full, "j", "enter");
    assert.deepEqual(effects, [{ kind: "load_candidate", slug: "paint-blue" }]);
    const other = updated(state, { kind: "candidate", detail: detail("another") }).state;
    assert.deepEqual(other.opened, { kind: "candidate", slug: "paint-blue", detail: null });
    const come = updated(state, { kind: "candidate", detail: detail("paint-blue") }).state;
    assert.ok(come.opened?.kind === "candidate" && come.opened.detail !== null);
    assert.equal(press(come, "escape").state.opened, null);
    assert.equal(press(come, "q").state.opened, null);
    assert.deepEqual(press(come, "q").effects, []);
  });

  test("what is open is asked for again with every board; a session's output with every second", () => {
    const opened = press(full, "enter").state;
    const again = updated(opened, { kind: "board", board: fullBoard() }).effects;
    assert.ok(again.some((effect) => effect.kind === "load_candidate" && effect.slug === "add-search"));
    const tail = press(full, "3", "enter").state;
    assert.deepEqual(updated(tail, { kind: "tick", nowMs: now + 1 }).effects, [
      { kind: "load_session", id: "loose" },
    ]);
    assert.deepEqual(updated(full, { kind: "tick", nowMs: now + 1 }).effects, []);
    const over = session("loose", { ended_at: "2026-03-01T11:59:59.000Z" });
    const ended = updated(tail, { kind: "sessions", items: [over] });
    assert.deepEqual(ended.effects, [{ kind: "load_session", id: "loose" }], "its last words");
    assert.deepEqual(updated(ended.state, { kind: "tick", nowMs: now + 2 }).effects, []);
  });

  test("from a notification, enter leads on to its item", () => {
    const { state, effects } = press(full, "2", "enter", "enter");
    assert.deepEqual(state.opened, { kind: "candidate", slug: "paint-blue", detail: null });
    assert.deepEqual(effects, [{ kind: "load_candidate", slug: "paint-blue" }]);
    assert.equal(press(full, "2", "j", "enter", "enter").state.opened?.kind, "notification");
    assert.equal(press(full, "4", "enter").state.opened?.kind, "event");
  });

  test("a text is scrolled, and no further than its end; an output is followed by who stands there", () => {
    const opened = updated(press(full, "enter").state, {
      kind: "candidate",
      detail: detail("add-search"),
    }).state;
    const end = lastScroll(opened);
    assert.ok(end > 5);
    assert.equal(press(opened, "G").state.scroll, end);
    assert.equal(press(opened, ..."jjj").state.scroll, 3);
    assert.equal(press(opened, "k").state.scroll, 0);
    const output = (lines: number): News => ({
      kind: "session_text",
      id: "loose",
      text: "x\n".repeat(lines),
    });
    const tail = updated(press(full, "3", "enter").state, output(100)).state;
    assert.equal(tail.scroll, lastScroll(tail));
    const longer = updated(tail, output(150)).state;
    assert.equal(longer.scroll, lastScroll(longer));
    const above = updated(press(longer, "g").state, output(200)).state;
    assert.equal(above.scroll, 0);
  });
});

describe("asking before acting", () => {
  test("retry asks, and only yes does it", () => {
    const asked = press(full, "j", "r");
    assert.deepEqual(asked.effects, []);
    assert.equal(asked.state.prompt?.kind, "confirm");
    for (const no of ["n", "x", "escape", "q", "r"]) {
      const { state, effects } = press(asked.state, no);
      assert.deepEqual([state.prompt, effects], [null, []], no);
    }
    const act = { kind: "act", act: { kind: "retry", slug: "paint-blue" } };
    assert.deepEqual(press(asked.state, "y").effects, [act]);
    assert.deepEqual(press(asked.state, "enter").effects, [act]);
  });

  test("what was asked is what is done, whatever has moved meanwhile", () => {
    const asked = press(full, "j", "r").state;
    const moved = updated(asked, {
      kind: "board",
      board: board({ siding: [train("other", "siding")] }),
    }).state;
    assert.deepEqual(press(moved, "y").effects, [
      { kind: "act", act: { kind: "retry", slug: "paint-blue" } },
    ]);
  });

  test("a pause wants a reason, keys are letters there, and a paused queue is resumed", () => {
    const reason = [..."q?1 r"];
    const typed = press(full, "p", ...reason);
    assert.equal(typed.state.view, "line");
    assert.deepEqual(press(typed.state, "enter").effects, [
      { kind: "act", act: { kind: "pause", reason: "q?1 r" } },
    ]);
    const empty = press(full, "p", " ", "enter");
    assert.deepEqual(empty.effects, []);
    assert.equal(empty.state.prompt?.kind, "reason");
    assert.equal(press(empty.state, "escape").state.prompt, null);
    const paused = { by: "ada", at: "2026-03-01T11:00:00.000Z", reason: "lunch", draining: false };
    const halted = after([{ kind: "board", board: board({}, { paused }) }]);
    assert.deepEqual(press(halted, "p", "b", "enter").effects, [
      { kind: "act", act: { kind: "resume", reason: "b" } },
    ]);
    assert.equal(press(beginning({ columns: 80, rows: 24 }, now), "p").state.prompt, null);
    assert.deepEqual(press(full, "p", "a", "b", " ", "c", "^w", "backspace").state.prompt, {
      kind: "reason",
      question: "Pause the queue. Why?",
      text: "ab",
      act: "pause",
    });
  });

  test("an acknowledgement is done at once, for the item or for the notification", () => {
    assert.deepEqual(press(full, "j", "a").effects, [
      { kind: "act", act: { kind: "acknowledge", slug: "paint-blue" } },
    ]);
    assert.deepEqual(press(full, "2", "j", "a").effects, [
      { kind: "act", act: { kind: "acknowledge_notification", id: "x", title: "moved" } },
    ]);
    const nothing = press(full, "3", "a");
    assert.deepEqual(nothing.effects, []);
    assert.match(nothing.state.message?.text ?? "", /Nothing to acknowledge/);
    const named = asking(full, "acknowledge", { kind: "slug", slug: "s" });
    assert.deepEqual(named.effects, [{ kind: "act", act: { kind: "acknowledge", slug: "s" } }]);
  });

  test("a filter shows what matches while it is typed; enter keeps it, escape clears it", () => {
    const typed = press(full, "/", ..."BLUE").state;
    assert.deepEqual(rowsOf(itemsOf(typed, "line")).map(slugOf), ["paint-blue"]);
    const kept = press(typed, "enter").state;
    assert.equal(kept.filters.line, "BLUE");
    assert.equal(kept.prompt, null);
    assert.equal(press(kept, "escape").state.filters.line, "");
    assert.equal(press(typed, "escape").state.filters.line, "");
    assert.equal(answered(typed, { kind: "filter", text: "BLUE" }, "backspace").state.filters.line, "BLU");
  });

  test("control and c leave from everywhere, q from the lists; any key leaves the help", () => {
    const leaves = (...keys: string[]) => press(full, ...keys).effects.some(({ kind }) => kind === "leave");
    for (const keys of [["^c"], ["/", "^c"], ["p", "^c"], ["r", "^c"], ["?", "^c"], ["enter", "^c"], ["q"]])
      assert.equal(leaves(...keys), true, keys.join(" "));
    assert.equal(leaves("?", "q"), false);
    assert.equal(pressed(full, { type: "?" }).state.isHelpShown, true);
    assert.equal(press(full, "?", "x").state.isHelpShown, false);
  });
});

describe("news", () => {
  test("the log keeps the newest, each once, in order, however they come", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 10 })), (pages) => {
        const news = pages.map(
          (page): News => ({ kind: "logged", events: page.map((serial) => event(serial)) }),
        );
        const serials = after(news).log.map(({ sequence }) => Number(sequence));
        assert.deepEqual(
          serials,
          [...new Set(pages.flat())].sort((a, b) => b - a),
        );
      }),
    );
    const many = Array.from({ length: logKept + 5 }, (_, at) => event(at + 1));
    assert.equal(after([{ kind: "logged", events: many }]).log.length, logKept);
  });

  test("sessions that run come first, then the newest", () => {
    const ended = { ended_at: "2026-03-01T11:59:00.000Z" };
    const items = [session("old", ended), session("runs"), session("new", ended)];
    assert.deepEqual(
      after([{ kind: "sessions", items }]).sessions.map(({ session_id }) => session_id),
      ["runs", "new", "old"],
    );
  });

  test("a message is shown for a while", () => {
    const state = after([{ kind: "said", text: "done", tone: "good" }]);
    assert.deepEqual(state.message, { text: "done", tone: "good", untilMs: now + 8000 });
  });
});

describe("ringing", () => {
  const needy = notification("a", { needs_attention: true });

  test("rings for what needs attention since somebody looks, once", () => {
    const ring = (before: Parameters<typeof newlyNeedy>[0], next: ReturnType<typeof notification>[]) =>
      newlyNeedy(before, next).length;
    assert.equal(ring(null, [needy]), 0);
    assert.equal(ring([], [needy]), 1);
    assert.equal(ring([notification("a")], [needy]), 1);
    assert.equal(ring([needy], [needy]), 0);
    assert.equal(ring([needy], [{ ...needy, human_status: "seen" }]), 0);
    assert.equal(ring([{ ...needy, human_status: "seen" }], [needy]), 1);
    assert.equal(ring([needy], []), 0);
    assert.equal(ring([], [notification("b")]), 0);
  });

  test("the store rings with the title", () => {
    const looking = updated(full, { kind: "notifications", items: [] }).state;
    assert.deepEqual(updated(looking, { kind: "notifications", items: [needy] }).effects, [
      { kind: "ring", text: needy.title },
    ]);
  });

  test("each terminal by the sequence it knows, an unknown one by both", () => {
    const kind = (more: object) => ({ program: null, term: "xterm-256color", isVte: false, ...more });
    const nine = "\u0007\u001b]9;Signalbox: a\u0007";
    const sevens = "\u001b]777;notify;Signalbox;a\u0007";
    assert.equal(ringSequence("a", kind({ program: "WezTerm" })), nine);
    assert.equal(ringSequence("a", kind({ term: "xterm-kitty" })), nine);
    assert.equal(ringSequence("a", kind({ isVte: true })), `\u0007${sevens}`);
    assert.equal(ringSequence("a", kind({ term: "foot" })), `\u0007${sevens}`);
    assert.equal(ringSequence("a", kind({})), nine + sevens);
  });

  test("no text ends the sequence or begins another", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (words) => {
        const sequence = ringSequence(words, { program: null, term: null, isVte: true });
        const [open, close] = ["\u0007\u001b]777;notify;Signalbox;", "\u0007"];
        assert.ok(sequence.startsWith(open) && sequence.endsWith(close));
        assert.doesNotMatch(sequence.slice(open.length, -1), /[\p{Cc};]/u);
      }),
    );
  });
});

test("keys as Ink hears them: by name, with control, several at once, and nothing that is no character", () => {
  const ink: InkKey = {
    upArrow: false,
    downArrow: false,
    leftArrow: false,
    rightArrow: false,
    pageDown: false,
    pageUp: false,
    home: false,
    end: false,
    return: false,
    escape: false,
    ctrl: false,
    shift: false,
    tab: false,
    backspace: false,
    delete: false,
    meta: false,
    super: false,
    hyper: false,
    capsLock: false,
    numLock: false,
  };
  assert.deepEqual(keyOf("", { ...ink, upArrow: true }), ["up"]);
  assert.deepEqual(keyOf("", { ...ink, tab: true, shift: true }), ["backtab"]);
  assert.deepEqual(keyOf("", { ...ink, delete: true }), ["backspace"]);
  assert.deepEqual(keyOf("d", { ...ink, ctrl: true }), [{ ctrl: "d" }]);
  assert.deepEqual(keyOf("x", { ...ink, meta: true }), []);
  assert.deepEqual(keyOf("jé", ink), [{ type: "j" }, { type: "é" }]);
  assert.deepEqual(keyOf("a\u001b\u0007\u202eb\n", ink), [{ type: "a" }, { type: "b" }, "enter"]);
});
