/** Sessions for people. (Pure.) */
import type { SessionShape } from "../../../board/shapes.ts";
import { type Line, type Span, type Style, styled } from "../../text.ts";
import { age } from "../../times.ts";
import { table } from "../table.ts";

/** One line a session; `nowMs` is this machine's clock. */
export function sessionLines(sessions: readonly SessionShape[], width: number, nowMs: number): Line[] {
  if (sessions.length === 0) return [["No session runs. ", styled("dim", "→ signalbox sessions list --all")]];
  const columns = [
    { title: "session" },
    { title: "state" },
    { title: "role" },
    { title: "item" },
    { title: "age", align: "right" as const },
    { title: "last sign", align: "right" as const },
    { title: "printed", align: "right" as const },
    { title: "what", flexible: true },
  ];
  const rows = sessions.map((each) => [
    styled("strong", each.session_id),
    stateSpan(each.state),
    each.role,
    each.slug ?? "",
    age(each.started_at ?? each.created_at, nowMs),
    age(each.last_sign_at, nowMs),
    sizeText(each.printed_bytes),
    each.why ?? each.command.join(" "),
  ]);
  return table(columns, rows, width);
}

/** `1.4 MB`: bytes as people read them. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  const value = bytes / 1000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power - 1]}`;
}

const styles: Readonly<Record<string, Style>> = {
  running: "good",
  starting: "dim",
  ending: "warn",
  silent: "warn",
  lost: "bad",
  ended: "dim",
};

function stateSpan(state: string): Span {
  return styled(styles[state] ?? "dim", state);
}
