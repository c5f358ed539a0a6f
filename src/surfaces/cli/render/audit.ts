/** Acts for people: one line each. (Pure.) */
import type { AuditEntry } from "../../../board/audit.ts";
import { spoken } from "../../../events/spoken.ts";
import { type Line, styled } from "../../text.ts";

/** When, who, from where, what, and why. */
export function auditLines(entries: readonly AuditEntry[]): Line[] {
  if (entries.length === 0) return [["Nobody has done anything that the log still has."]];
  const columns = entries.map(({ who, surface }) => ({ who: spoken(who), where: surface ?? "?" }));
  const widest = (texts: readonly string[]) =>
    Math.min(widthMax, Math.max(...texts.map(({ length }) => length)));
  const whoWidth = widest(columns.map(({ who }) => who));
  const whereWidth = widest(columns.map(({ where }) => where));
  return entries.map(({ at, act, refused, what, reason }, index): Line => {
    const { who = "", where = "" } = columns[index] ?? {};
    return [
      styled("dim", at),
      "  ",
      styled("strong", oneLine(who).padEnd(whoWidth)),
      "  ",
      styled("dim", where.padEnd(whereWidth)),
      "  ",
      refused ? styled("bad", `${words(act)} refused`) : styled("accent", words(act)),
      `  ${oneLine(what)}`,
      reason === null ? "" : styled("dim", `  ${oneLine(reason)}`),
    ];
  });
}

/** A longer name pushes its own line to the right, and no other. */
const widthMax = 32;

function words(code: string): string {
  return code.replaceAll("_", " ");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
