/**
 * Messages as parts of the trace of what they tell: one span for each notification that a message tells of. The target is
 * not named: a webhook is known by its address, which is nobody else's business.
 */
import type { OpenSpan, Traces } from "../telemetry/traces.ts";
import type { LedgerRow } from "./ledger.ts";
import type { Outcome } from "./surface.ts";

/** Begins the spans of a message; none for what was said outside of any trace. */
export function tellingSpans(
  { traces, surface }: { traces: Traces; surface: { name: string } },
  told: readonly { row: Pick<LedgerRow, "wanted"> }[],
): OpenSpan[] {
  if (!traces.on) return [];
  return told.flatMap(({ row }) => {
    const { trace: under, type } = row.wanted;
    if (under === undefined) return [];
    const attributes = { "cloudevents.event_type": type };
    return [traces.open({ name: `tell ${surface.name}`, kind: "producer", under, attributes })];
  });
}

export function endTelling(span: OpenSpan, { kind }: Outcome): void {
  span.set({ "signalbox.outcome": kind });
  if (kind !== "sent") span.fail(kind);
  span.end();
}
