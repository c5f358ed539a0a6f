/** Pure. What `doctor` makes of what it found: ok, warning or error, each with its cure. */
import type { EarRecord } from "../delivery/ear.ts";
import type { TargetStanding } from "../delivery/standing.ts";
import type { GroupLag } from "../events/lag.ts";
import type { ServerProblem } from "../redis/check-server.ts";
import type { DoctorShape, Finding } from "./shapes.ts";

/** What `doctor` answers: whether nothing is in error, and every finding. */
export function doctorShape(checks: Finding[]): DoctorShape {
  return { ok: checks.every(({ level }) => level !== "error"), checks };
}

export function ok(name: string, detail: string): Finding {
  return { name, level: "ok", detail, cure: null };
}

export function warning(name: string, detail: string, cure: string): Finding {
  return { name, level: "warning", detail, cure };
}

export function failing(name: string, detail: string, cure: string | null): Finding {
  return { name, level: "error", detail, cure };
}

export function nodeFinding(version: string): Finding {
  const major = Number(version.split(".")[0]);
  return major >= 24
    ? ok("node", version)
    : failing("node", `${version} is too old`, "Install Node 24 or newer, or start through bin/signalbox.");
}

export function serverFinding(
  kind: string,
  server: { family: string; version: string; persistence: string; problems: readonly ServerProblem[] },
): Finding {
  const words = `${kind} ${server.family} ${server.version}, persistence ${server.persistence}`;
  const worst = server.problems.find(({ level }) => level === "error") ?? server.problems[0];
  if (worst === undefined) return ok("redis", words);
  return { name: "redis", level: worst.level, detail: `${words}: ${worst.message}`, cure: worst.cure };
}

/** More than a moment's events behind means that nobody handles them. */
const lagLimit = 1000;

export function streamFinding(lag: number, groups: readonly GroupLag[], isDaemonUp: boolean): Finding {
  const behind = groups.filter((group) => group.lag > 0).map((group) => `${group.name} ${group.lag}`);
  const detail = behind.length === 0 ? "every callback is up to date" : `behind: ${behind.join(", ")}`;
  if (lag === 0) return ok("stream", detail);
  if (!isDaemonUp)
    return warning("stream", `${detail}, and the daemon does not run`, "signalbox up --detach");
  return lag > lagLimit
    ? warning("stream", detail, "If it does not shrink, look into the daemon's log.")
    : ok("stream", detail);
}

export function quarantineFinding(count: number): Finding {
  if (count === 0) return ok("quarantine", "empty");
  return warning("quarantine", `${count} events could not be handled`, "signalbox events quarantine list");
}

/** Whether those who are to be told are reached. */
export function messagesFinding(targets: readonly TargetStanding[]): Finding {
  const troubled = targets.filter(({ state }) => state !== "ok" && state !== "new");
  const [first] = troubled;
  if (targets.length === 0) return ok("messages", "nobody is to be told");
  // What needs somebody stands in front.
  const words = [...troubled, ...targets.filter((each) => !troubled.includes(each))].map(standingWords);
  if (first === undefined) return ok("messages", words.join("; "));
  return warning("messages", words.join("; "), `signalbox notify test ${first.surface}:${first.target}`);
}

function standingWords({ surface, target, state, why, last_sent_at, waiting }: TargetStanding): string {
  const told = last_sent_at === null ? "nothing sent yet" : `last told ${toSeconds(last_sent_at)}`;
  const late = waiting === 0 ? "" : `, ${waiting} waiting`;
  const how = state === "ok" || state === "new" ? "" : ` is ${state} (${why ?? "nobody knows why"})`;
  return `${surface}:${target}${how}: ${told}${late}`;
}

/** A poll lasts half a minute at most, and a pause between two troubles as long. */
const answerIsOldMs = 120_000;
/** Two who hear one bot are told so in turns, and hear in turns. */
const conflictLastsMs = 600_000;

/** Whether commands in Telegram are heard. `ear` is null where nobody has listened yet. */
export function earFinding(ear: EarRecord | null, nowMs: number, isDaemonUp: boolean): Finding {
  const answered = ear?.answered_at ?? null;
  const last = answered === null ? "never answered yet" : `last answered ${toSeconds(answered)}`;
  if (!isDaemonUp)
    return warning(
      "telegram",
      `nobody listens, for the daemon does not run; ${last}`,
      "signalbox up --detach",
    );
  if (ear === null)
    return warning(
      "telegram",
      "the bot has not listened yet",
      "Look again in a minute; then into the daemon's log.",
    );
  const { trouble } = ear;
  if (!ear.hears && trouble !== null)
    return warning(
      "telegram",
      `commands are not heard since ${toSeconds(trouble.at)}: ${trouble.why} (${last})`,
      tryAgain,
    );
  if (trouble?.conflict === true && nowMs - Date.parse(trouble.at) < conflictLastsMs)
    return warning(
      "telegram",
      `commands are heard in part only: ${trouble.why} (at ${toSeconds(trouble.at)})`,
      tryAgain,
    );
  if (answered === null || nowMs - Date.parse(answered) > answerIsOldMs)
    return warning(
      "telegram",
      `the bot listens, but is not answered; ${last}`,
      "Look into the daemon's log.",
    );
  return ok("telegram", `commands are heard; ${last}`);
}

function toSeconds(time: string): string {
  return `${time.slice(0, 19)}Z`;
}

const tryAgain = "Mend that; the bot tries again by itself, and says so in the daemon's log.";

/** `token` is the highest ever given: without one, no session has run yet. */
export function fenceFinding(fence: { isPresent: boolean; token: number }): Finding {
  if (fence.isPresent) return ok("fence", "the lease ref is at the remote");
  if (fence.token === 0) return ok("fence", "the first session sets the lease ref");
  return warning(
    "fence",
    "the remote has no lease ref: a stale integrator is held back by Redis alone",
    "Let the remote take refs/signalbox/lease (some forges and hooks refuse unknown namespaces).",
  );
}

const clockLimitMs = 2000;

/** Nothing depends on this machine's clock, but ages and `--since` are read by it. */
export function clockFinding(differenceMs: number): Finding {
  const seconds = (Math.abs(differenceMs) / 1000).toFixed(1);
  if (Math.abs(differenceMs) <= clockLimitMs) return ok("clock", `within ${seconds} s of Redis'`);
  const way = differenceMs > 0 ? "ahead of" : "behind";
  return warning("clock", `this machine is ${seconds} s ${way} Redis' clock`, "Set it by NTP.");
}

const roomyBytes = 1024 ** 3;
const tightBytes = 100 * 1024 ** 2;

export function diskFinding(freeBytes: number, folder: string): Finding {
  const free = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free for ${folder}`;
  const cure = "Make room: the log, the queue and the line's repository live there.";
  if (freeBytes < tightBytes) return failing("disk", free, cure);
  return freeBytes < roomyBytes ? warning("disk", free, cure) : ok("disk", free);
}
