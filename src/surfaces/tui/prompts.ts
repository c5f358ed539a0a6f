/** Pure. What is asked before anything is changed, and what an answer does. */
import { type RowItem, slugOf } from "./items.ts";
import type { Key } from "./keys.ts";
import type { Act, Prompt, ReasonedAct, TuiState } from "./state.ts";
import type { Step } from "./update.ts";

export type Subject = RowItem | { kind: "slug"; slug: string } | null;

/** A reason is one line. */
const reasonMax = 300;

/** Asks what the act needs. What changes main's way asks first; an acknowledgement can be taken back, and is done at once. */
export function asking(state: TuiState, what: "retry" | "acknowledge" | "pause", subject: Subject): Step {
  switch (what) {
    case "pause": {
      if (state.board === null) return still(state);
      const act: ReasonedAct = state.board.paused === null ? "pause" : "resume";
      const question = act === "pause" ? "Pause the queue. Why?" : "Resume the queue. Why?";
      return still({ ...state, prompt: { kind: "reason", question, text: "", act } });
    }
    case "retry": {
      const slug = namedBy(subject);
      if (slug === null) return said(state, "Select a blocked item first.");
      const act: Act = { kind: "retry", slug };
      return still({ ...state, prompt: { kind: "confirm", question: `Queue ${slug} again?`, act } });
    }
    case "acknowledge": {
      const act = acknowledging(subject);
      return act === null
        ? said(state, "Nothing to acknowledge here.")
        : { state, effects: [{ kind: "act", act }] };
    }
    default:
      return what satisfies never;
  }
}

/** The key, where a question stands at the foot. */
export function answered(state: TuiState, prompt: Prompt, key: Key): Step {
  const closed: TuiState = { ...state, prompt: null };
  if (prompt.kind === "confirm") {
    const yes = key === "enter" || (typeof key === "object" && "type" in key && /^y$/i.test(key.type));
    return yes ? { state: closed, effects: [{ kind: "act", act: prompt.act }] } : still(closed);
  }
  if (key === "escape") return still(prompt.kind === "filter" ? filtered(closed, "") : closed);
  if (key === "enter") return prompt.kind === "filter" ? still(closed) : reasoned(state, prompt);
  const text = edited(prompt.text, key);
  if (text === prompt.text) return still(state);
  return prompt.kind === "filter"
    ? still({ ...filtered(state, text), prompt: { ...prompt, text } })
    : still({ ...state, prompt: { ...prompt, text } });
}

function edited(text: string, key: Key): string {
  if (key === "backspace") return [...text].slice(0, -1).join("");
  if (typeof key === "string") return text;
  if ("ctrl" in key) return key.ctrl === "u" ? "" : key.ctrl === "w" ? text.replace(/\S+\s*$/, "") : text;
  return `${text}${key.type}`.slice(0, reasonMax).toWellFormed();
}

function filtered(state: TuiState, text: string): TuiState {
  return { ...state, filters: { ...state.filters, [state.view]: text } };
}

function reasoned(state: TuiState, prompt: Extract<Prompt, { kind: "reason" }>): Step {
  const reason = prompt.text.trim();
  if (reason === "")
    return still({
      ...state,
      prompt: { ...prompt, text: "", question: "Everybody will ask why. The reason?" },
    });
  return { state: { ...state, prompt: null }, effects: [{ kind: "act", act: { kind: prompt.act, reason } }] };
}

function namedBy(subject: Subject): string | null {
  if (subject === null) return null;
  return subject.kind === "slug" ? subject.slug : slugOf(subject);
}

function acknowledging(subject: Subject): Act | null {
  if (subject?.kind === "notification")
    return { kind: "acknowledge_notification", id: subject.key, title: subject.notification.title };
  const slug = namedBy(subject);
  return slug === null ? null : { kind: "acknowledge", slug };
}

function still(state: TuiState): Step {
  return { state, effects: [] };
}

const saidMs = 4_000;

function said(state: TuiState, text: string): Step {
  return still({ ...state, message: { text, tone: "plain", untilMs: state.nowMs + saidMs } });
}
