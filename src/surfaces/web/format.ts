/** Pure. How times, durations, amounts and commits are written. */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `4 s`, `12 min`, `3 h`, `9 d`: one unit, as a glance needs it. Below nothing it is `0 s`: clocks differ. */
export function roughly(ms: number): string {
  const past = Math.max(0, ms);
  if (past < minuteMs) return `${Math.floor(past / 1000)} s`;
  if (past < hourMs) return `${Math.floor(past / minuteMs)} min`;
  if (past < 2 * dayMs) return `${Math.floor(past / hourMs)} h`;
  return `${Math.floor(past / dayMs)} d`;
}

/** Two units where the second one matters: `850 ms`, `4.2 s`, `1 min 05 s`, `2 h 10 min`. */
export function lasting(ms: number): string {
  const past = Math.max(0, ms);
  if (past < 1000) return `${Math.round(past)} ms`;
  if (past < 10_000) return `${(Math.floor(past / 100) / 10).toFixed(1)} s`;
  if (past < minuteMs) return `${Math.floor(past / 1000)} s`;
  if (past < hourMs) return `${Math.floor(past / minuteMs)} min ${two((past % minuteMs) / 1000)} s`;
  if (past < dayMs) return `${Math.floor(past / hourMs)} h ${two((past % hourMs) / minuteMs)} min`;
  return `${Math.floor(past / dayMs)} d ${Math.floor((past % dayMs) / hourMs)} h`;
}

/** Milliseconds from `since` (RFC 3339) to `nowMs`; 0 where it is no time. */
export function ageMs(since: string, nowMs: number): number {
  const ms = Date.parse(since);
  return Number.isNaN(ms) ? 0 : Math.max(0, nowMs - ms);
}

/** `12 min ago`; `now` within two seconds. */
export function ago(since: string, nowMs: number): string {
  const ms = ageMs(since, nowMs);
  return ms < 2000 ? "now" : `${roughly(ms)} ago`;
}

/** Seven digits, as people read commits. */
export function shortSha(sha: string): string {
  return sha.slice(0, 7);
}

/** `1 branch`, `2 branches`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** An event's type without the domain that all of ours have. */
export function shortType(type: string): string {
  return type.replace(/^domain\.software-development\./, "");
}

/** A code or a name in snake case, as words. */
export function words(code: string): string {
  return code.replaceAll("_", " ");
}

/** Who acted: `integrator:<host>:<pid>:<start>:<nonce>` without what only a machine wants to know. */
export function actor(name: string): string {
  const [, role, , pid] = /^(\w+):([^:]+):(\d+):\d+:[0-9a-f]+$/.exec(name) ?? [];
  return role === undefined ? name : `${role} ${pid}`;
}

/** Who said an event: `signalbox/<repository>/<role>/<session>`. */
export function speaker(source: string): string {
  const [role = source, session = ""] = source.split("/").slice(-2);
  const name = actor(session.replaceAll("%3A", ":"));
  return name === "" || name.startsWith(role) ? name || role : `${role} ${name}`;
}

/** What came from a branch or a message, without what could move or turn the text around it. */
export function plain(text: string): string {
  return text.replace(hidden, "�");
}

// Control and format characters, but for new lines and tabs: a name that reads like another one is the oldest trick.
const hidden = /(?![\n\t])[\p{Cc}\p{Cf}]/gu;

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}
