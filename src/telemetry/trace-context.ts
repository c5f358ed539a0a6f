/**
 * Pure. A place in a trace, as it travels with events and environments: W3C Trace Context, by the distributed-tracing
 * extension of CloudEvents. What does not keep to the format is as good as absent, as that standard asks: a wrong trace
 * must never stand in a fact's way.
 */

export type TraceContext = {
  /** `00-<trace id>-<span id>-<flags>`, lower case. */
  readonly traceparent: string;
  /** What the vendors on the way have noted; only beside a `traceparent`. */
  readonly tracestate?: string;
};

export type TraceIds = { traceId: string; spanId: string; flags: number };

/** The extension attributes of an event, or whatever else may hold them. */
export type TraceCarrier = { readonly traceparent?: unknown; readonly tracestate?: unknown };

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Longer ones are of no known version. */
const longestParent = 256;

/** The ids in a `traceparent`; null where it is none. Of a version that is not known yet, what every version begins with. */
export function traceIdsOf(traceparent: unknown): TraceIds | null {
  if (typeof traceparent !== "string" || traceparent.length > longestParent) return null;
  const [, version, traceId, spanId, flags, more] = pattern.exec(traceparent) ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined)
    return null;
  if (version === "ff" || (version === "00" && more !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) & knownFlags };
}

/** Sampled, and "the trace id is random". */
const knownFlags = 0b11;

/** The place as it is written. */
export function traceparentOf({ traceId, spanId, flags }: TraceIds): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`;
}

/** The valid context in a carrier, in version 00; null where there is none. A wrong `tracestate` is left out. */
export function traceContextOf({ traceparent, tracestate }: TraceCarrier): TraceContext | null {
  const ids = traceIdsOf(traceparent);
  if (ids === null) return null;
  const own = traceparentOf(ids);
  return isTracestate(tracestate) ? { traceparent: own, tracestate } : { traceparent: own };
}

const stateKey = /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/;
const stateValue = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const longestState = 512;
const mostMembers = 32;

function isTracestate(text: unknown): text is string {
  if (typeof text !== "string" || text === "" || text.length > longestState) return false;
  const members = text.split(",").map((member) => member.trim());
  const keys = members.map((member) => member.slice(0, Math.max(0, member.indexOf("="))));
  const values = members.map((member) => member.slice(member.indexOf("=") + 1));
  return (
    members.length <= mostMembers &&
    new Set(keys).size === keys.length &&
    keys.every((key) => stateKey.test(key)) &&
    values.every((value) => stateValue.test(value))
  );
}
