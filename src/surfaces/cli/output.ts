/**
 * Where a command speaks. Answers go to stdout, diagnostics and progress to stderr; with `--json` stdout carries one
 * document (or one object a line) and nothing else.
 */
import { safeJson } from "../safe-json.ts";
import { type Line, paint, type Span } from "../text.ts";

/** The two ends of the process, and what they are. */
export type Terminal = {
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
  /** Columns of stdout where it is a terminal, else null: nothing is cut. */
  columns: number | null;
  /** Colours on stdout and on stderr. */
  colour: { stdout: boolean; stderr: boolean };
  /** Progress that redraws itself may be shown on stderr. */
  lively: boolean;
};

export type Output = {
  json: boolean;
  width: number;
  lively: boolean;
  /** Lines for people, on stdout. */
  lines(lines: readonly Line[]): void;
  /** One line for people, on stdout. */
  line(...spans: readonly Span[]): void;
  /** One diagnostic, on stderr. */
  note(...spans: readonly Span[]): void;
  /** Replaces what was drawn before on the last line of stderr; for a lively one. Empty: takes it away. */
  redraw(text: string): void;
  /** One JSON value on stdout, on one line or, as a document, indented. */
  document(value: unknown): void;
  row(value: unknown): void;
  /** Text or bytes that are data themselves (a completion script, a schema, a log), as they are. */
  raw(text: string | Uint8Array): void;
};

/** An output on `terminal`; `json` is whether the caller asked for it. */
export function openOutput(terminal: Terminal, json: boolean): Output {
  const say = (line: Line) => terminal.stdout.write(`${paint(line, terminal.colour.stdout)}\n`);
  return {
    json,
    width: terminal.columns ?? Number.POSITIVE_INFINITY,
    lively: terminal.lively && !json,
    lines: (lines) => {
      for (const line of lines) say(line);
    },
    line: (...spans) => {
      say(spans);
    },
    note: (...spans) => {
      terminal.stderr.write(`${paint(spans, terminal.colour.stderr)}\n`);
    },
    redraw: (text) => {
      terminal.stderr.write(`\r\u001b[K${paint([text], false)}`);
    },
    document: (value) => {
      terminal.stdout.write(`${safeJson(value, 2)}\n`);
    },
    row: (value) => {
      terminal.stdout.write(`${safeJson(value)}\n`);
    },
    raw: (text) => {
      terminal.stdout.write(text);
    },
  };
}
