/** Main was moved by somebody else: the event, and what it tells people. Pure. */
import { z } from "zod";
import { defineEvent } from "./definition.ts";
import { actor, count, sha, text, time } from "./fields.ts";
import { inDomain } from "./software-development.ts";
import { spoken, spokenFirst } from "./spoken.ts";

const schema = z.strictObject({
  from: sha.nullable(),
  /** Null: it was deleted. */
  to: sha.nullable(),
  by: actor.optional(),
  /** Its own commits, oldest first; where there are more than fit, `commit_count` says how many. */
  commits: z.array(sha).max(200).optional(),
  commit_count: count.optional(),
  forced: z.boolean().optional(),
  /** The line is in shadow: others move main as a matter of course. */
  expected: z.boolean().optional(),
  /** The guard stood open (break-glass) when this was seen. */
  guard_opened: z.strictObject({ actor: actor.optional(), reason: text.optional() }).optional(),
  moved_at: time.optional(),
});

type Moved = z.output<typeof schema>;

/** Said in one write with how far main was followed, so never twice; main may go to and fro, and each move is one. */
export const mainMoved = defineEvent({
  type: inDomain("integration.main.moved"),
  summary: "Main was moved by somebody else.",
  level: "business",
  reserved: true,
  schema,
  idempotency: "each",
  notification: {
    group: (data) => `integration/main/${data.to ?? "deleted"}`,
    groupFields: ["to"],
    effect: "creates",
    quietWhen: (data) => data.expected === true,
    title: titleOf,
    body: bodyOf,
  },
});

function titleOf(data: Moved): string {
  const opened = data.guard_opened === undefined ? "" : ", while the guard stood open";
  if (data.to === null) return `Main was deleted at the remote${opened}`;
  return `Main was moved to ${data.to.slice(0, 7)} by ${spoken(data.by ?? "somebody else")}${opened}`;
}

function bodyOf(data: Moved): string {
  const sentences = [
    `It was at ${data.from?.slice(0, 7) ?? "nothing"}.`,
    commitsSentence(data.commit_count ?? data.commits?.length ?? 0),
    data.to === null ? "Nothing lands until the remote has it again." : "",
    data.forced === true ? "It was rewritten: what was there is no part of it any more." : "",
    openedSentence(data.guard_opened),
    data.expected === true ? "The line is in shadow: main is left to others." : "",
  ];
  return sentences.filter((sentence) => sentence !== "").join(" ");
}

function commitsSentence(count: number): string {
  if (count === 0) return "";
  return count === 1
    ? "One commit is no landing of the line."
    : `${count} commits are no landings of the line.`;
}

function openedSentence(opened: Moved["guard_opened"]): string {
  if (opened === undefined) return "";
  const reason = opened.reason === undefined ? "" : `: ${opened.reason.replace(/[.]$/, "")}`;
  return `${spokenFirst(opened.actor ?? "Somebody")} had opened the guard${reason}.`;
}
