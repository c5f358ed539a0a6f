/** `signalbox sessions tail`: what a worker has printed, safe to look at unless the bytes themselves are asked for. */
import { badInput } from "../../../errors.ts";
import { escapeLinesForDisplay } from "../../../git/names.ts";
import { readSession, type SessionsPlace } from "../../../orchestration/sessions/find-sessions.ts";
import { openPlainText } from "../../../orchestration/sessions/plain-text.ts";
import type { Session } from "../../../orchestration/sessions/session.ts";
import type { LogPiece } from "../../../orchestration/sessions/session-log.ts";
import { followOutput, logSizes, sessionOutput } from "../../../orchestration/sessions/tail-session.ts";
import { styled } from "../../text.ts";
import { workplaceOf } from "../clone-context.ts";
import { interruption } from "../interruption.ts";
import type { Invocation } from "../invocation.ts";
import { sizeText } from "../render/sessions.ts";
import { namedSession, sessionsPlaceOf } from "../session-context.ts";

/** The last lines that are kept; with `--follow` what comes, until the session has ended or Ctrl-C. */
export async function tail(call: Invocation): Promise<number> {
  const { options, output } = call;
  const raw = options.flag("raw");
  if (raw && output.json)
    throw badInput("raw_and_json", "--raw prints bytes, which JSON cannot hold.", {
      cure: "Leave one of them out.",
    });
  const place = sessionsPlaceOf(await workplaceOf(call), null);
  const session = await namedSession(call, place);
  const lines = options.flag("all") ? null : (options.count("lines") ?? usualLines);
  const printer = raw
    ? rawPrinter(call, lines)
    : output.json
      ? jsonPrinter(call, session.id, lines)
      : textPrinter(call, lines);
  let at = 0;
  for await (const piece of sessionOutput(place, session.id)) {
    at = piece.kind === "cut" ? piece.to : piece.from + piece.bytes.length;
    printer.past(piece);
  }
  if (!options.flag("follow")) {
    await answer(call, place, session, printer.endOfPast(true));
    return 0;
  }
  printer.endOfPast(false);
  using interrupted = interruption();
  const stop = AbortSignal.any([interrupted.signal, call.readerGone]);
  for await (const piece of followOutput(place, session.id, { from: at, stop })) printer.next(piece);
  printer.end();
  const end = (await readSession(place, session.id))?.end ?? null;
  if (end !== null) output.note(styled("dim", `${session.id} has ended: ${end.why}`));
  return 0;
}

const usualLines = 40;

async function answer(
  call: Invocation,
  place: SessionsPlace,
  session: Session,
  lines: readonly string[],
): Promise<void> {
  const { printed, cut } = await logSizes(place, session.id);
  if (call.output.json) {
    const sizes = { printed_bytes: printed, cut_bytes: cut };
    call.output.document({ session_id: session.id, state: session.state, ...sizes, lines });
  } else if (cut > 0)
    call.output.note(styled("dim", `${sizeText(cut)} of ${sizeText(printed)} are not kept.`));
}

type Printer = {
  /** What is there already. */
  past(piece: LogPiece): void;
  /** All of that was given: shows its last lines, or gives them back for a document. `final`: nothing comes any more. */
  endOfPast(final: boolean): readonly string[];
  next(piece: LogPiece): void;
  end(): void;
};

/** Lines for people. What comes without a line end is shown at once, too: it may be a question. */
function textPrinter({ output }: Invocation, lines: number | null): Printer {
  const plain = openPlainText();
  const show = (text: string) => output.raw(escapeLinesForDisplay(text));
  const textOf = (piece: LogPiece) =>
    piece.kind === "bytes" ? plain.push(piece.bytes) : `${plain.end()}\n${cutText(piece)}\n`;
  let past = "";
  let isLineOpen = false;
  const say = (text: string) => {
    if (text === "") return;
    show(text);
    isLineOpen = !text.endsWith("\n");
  };
  const end = () => {
    say(plain.end());
    if (isLineOpen) say("\n");
  };
  return {
    past: (piece) => {
      past += textOf(piece);
    },
    endOfPast(final) {
      say(lastLines(past, lines));
      past = "";
      if (final) end();
      return [];
    },
    next: (piece) => say(textOf(piece)),
    end,
  };
}

/** A document of lines, or a line an object. */
function jsonPrinter({ output }: Invocation, sessionId: string, lines: number | null): Printer {
  const plain = openPlainText();
  let open = "";
  const complete = (text: string): string[] => {
    const all = `${open}${text}`.split("\n");
    open = all.pop() ?? "";
    return all;
  };
  const rows = (found: readonly string[]) => {
    for (const line of found) output.row({ session_id: sessionId, line, cut_bytes: null });
  };
  const rest = () => (open === "" ? [] : [open]);
  const past: string[] = [];
  const linesOf = (piece: LogPiece): string[] =>
    piece.kind === "bytes" ? complete(plain.push(piece.bytes)) : [...complete(plain.end()), ...rest()];
  return {
    past(piece) {
      past.push(...linesOf(piece));
      if (piece.kind === "cut") {
        open = "";
        past.push(cutText(piece));
      }
    },
    endOfPast(final) {
      if (final) past.push(...complete(plain.end()), ...rest());
      const last = lines === null ? past : lines === 0 ? [] : past.slice(-lines);
      if (!final) rows(last);
      return last;
    },
    next(piece) {
      rows(linesOf(piece));
      if (piece.kind === "bytes") return;
      open = "";
      output.row({ session_id: sessionId, line: null, cut_bytes: piece.to - piece.from });
    },
    end() {
      rows([...complete(plain.end()), ...rest()]);
    },
  };
}

/** The bytes, and what was cut on stderr. */
function rawPrinter({ output }: Invocation, lines: number | null): Printer {
  const past: Buffer[] = [];
  const note = (piece: LogPiece & { kind: "cut" }) => output.note(styled("dim", cutText(piece)));
  return {
    past: (piece) => {
      if (piece.kind === "bytes") past.push(piece.bytes);
    },
    endOfPast() {
      // One byte is one character here, so that nothing is changed by the reading.
      output.raw(Buffer.from(lastLines(Buffer.concat(past).toString("latin1"), lines), "latin1"));
      return [];
    },
    next: (piece) => (piece.kind === "bytes" ? output.raw(piece.bytes) : note(piece)),
    end: () => {},
  };
}

function cutText({ from, to }: { from: number; to: number }): string {
  return `[… ${sizeText(to - from)} were cut here …]`;
}

/** The last `count` lines of a text; null: all. A line that has not ended yet is one. */
function lastLines(text: string, count: number | null): string {
  if (count === null) return text;
  let from = text.endsWith("\n") ? text.length - 1 : text.length;
  for (let left = count; left > 0 && from > 0; left--) from = text.lastIndexOf("\n", from - 1);
  return count === 0 ? "" : text.slice(Math.max(from + 1, 0));
}
