/** `status` for people: what a glance must tell. (Pure.) */
import type { StatusShape } from "../../../board/shapes.ts";
import { type Line, type Span, styled } from "../../text.ts";
import { age } from "../../times.ts";

/** The board in short. `nowMs` is this machine's clock, for ages only. */
export function statusLines(status: StatusShape, nowMs: number): Line[] {
  const rows: [string, Line][] = [
    [
      "line",
      [styled("strong", status.repository), " → ", `${status.remote}/${status.main}`, tip(status.main_sha)],
    ],
    ["daemon", daemon(status, nowMs)],
    ["redis", redis(status)],
    ["mode", mode(status)],
    ["queue", queue(status)],
    ["lease", lease(status)],
    ["events", events(status)],
    [
      "checks",
      status.checks.length === 0 ? [styled("warn", "none configured: none run")] : [status.checks.join(", ")],
    ],
    ["guard", [`${status.protection}, fence at the remote: ${status.fence}`]],
  ];
  return rows.map(([title, line]) => [styled("dim", title.padEnd(8)), ...line]);
}

function tip(sha: string | null): Span {
  return sha === null ? "" : styled("dim", ` at ${sha.slice(0, 7)}`);
}

function daemon({ daemon }: StatusShape, nowMs: number): Line {
  if (!daemon.running) return [styled("bad", "not running"), ", start it with: signalbox up --detach"];
  const since = daemon.since === null ? "" : `, up ${age(daemon.since, nowMs)}`;
  return [
    styled("good", "running"),
    ` (pid ${daemon.pid ?? "?"}${since})`,
    daemon.url === null ? "" : ` ${daemon.url}`,
  ];
}

function redis({ redis }: StatusShape): Line {
  const durable = redis.persistence === "always";
  return [
    `${redis.kind} ${redis.version}, persistence `,
    durable ? redis.persistence : styled("warn", redis.persistence),
  ];
}

function mode({ mode, paused, cutover }: StatusShape): Line {
  const name =
    mode === "live" ? "live" : styled("warn", `shadow: main is left to others${decidedWords(cutover)}`);
  if (paused === null) return [name];
  const word = paused.draining ? "draining" : "paused";
  return [name, ", ", styled("warn", word), ` by ${paused.by}: ${paused.reason}`];
}

function decidedWords({ decided }: StatusShape["cutover"]): string {
  return decided === null ? "" : ` (by ${decided.by}: ${decided.reason})`;
}

function queue({ queue }: StatusShape): Line {
  return [
    `${queue.queued} queued, ${queue.in_progress} on the line, `,
    queue.blocked > 0 ? styled("bad", `${queue.blocked} blocked`) : "0 blocked",
    `, ${queue.integrated} integrated, ${queue.superseded} superseded`,
  ];
}

function lease({ lease }: StatusShape): Line {
  if (lease === null) return ["nobody holds it"];
  return [`token ${lease.lease_token}, held by ${lease.owner_session_id} until ${lease.expires_at}`];
}

function events({ processor }: StatusShape): Line {
  const parts: Span[] = [`lag ${processor.lag}`];
  if (processor.last_event_id !== null) parts.push(`, last ${processor.last_event_id}`);
  if (processor.quarantined > 0)
    parts.push(
      ", ",
      styled("bad", `${processor.quarantined} in quarantine`),
      ": signalbox events quarantine list",
    );
  return parts;
}
