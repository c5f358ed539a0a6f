/** Events as the stream would hold them, for tests of what they make of notifications. */
import assert from "node:assert/strict";
import { builtInCatalog } from "../../src/events/built-in.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import type { Tables } from "../../src/events/projection.ts";
import { evolve } from "../../src/notifications/lifecycle.ts";
import type { Notification } from "../../src/notifications/notification.ts";
import { notificationOf } from "../../src/notifications/projection.ts";

export const catalog = builtInCatalog();
const domain = "domain.software-development.";

/** The n-th event of a stream: its payload is checked as an emit would check it. */
export function event(n: number, name: string, data: object): StoredEvent {
  const { definition, data: valid, dataschema } = catalog.validate(`${domain}${name}`, data);
  return {
    streamId: `${n}-0`,
    event: {
      specversion: "1.0",
      id: `event-${n}`,
      source: "signalbox/test/worker/1",
      type: definition.type,
      time: `2026-01-01T00:${String(Math.floor(n / 60)).padStart(2, "0")}:${String(n % 60).padStart(2, "0")}.000Z`,
      dataschema,
      datacontenttype: "application/json",
      data: valid,
      idempotencykey: `key-${n}`,
      eventlevel: definition.level,
      visibility: definition.visibility,
      sequence: String(n).padStart(16, "0"),
      epoch: "e",
    },
  };
}

export const sha = (digit: string) => digit.repeat(40);
const at = "2026-01-01T00:00:00Z";

export const candidate = (digit: string) => ({ slug: "login", branch: "login", sha: sha(digit) });

export const started = (n: number, digit: string, attempt = 1) =>
  event(n, "deployment.started", {
    ...candidate(digit),
    attempt,
    remote: "origin",
    pushed_at: at,
    pusher: "ann",
    worker_session_id: "w",
    orchestrator_session_id: "o",
    ready_at: at,
  });

export const failed = (n: number, digit: string, attempt = 1, reason = "conflict") =>
  event(n, "deployment.failed", {
    ...candidate(digit),
    attempt,
    reason,
    conflict_evidence: [],
    diagnostics: ["a.ts conflicts"],
    next_action: "merge main",
    blocked_at: at,
    follow_up_slug: `login-integration-blocked-${digit.repeat(7)}`,
  });

export const completed = (n: number, digit: string) =>
  event(n, "deployment.completed", {
    ...candidate(digit),
    merge_commit: sha("e"),
    main_sha: sha("f"),
    integrated_at: at,
    checks: [],
  });

export const approved = (n: number, round = 1) =>
  event(n, "review.approved", {
    slug: "login",
    review_round: round,
    reviewer_session_id: "ann",
    approved_at: at,
  });

export const moved = (n: number, move: string, digit: string, attempt = 1) =>
  event(n, `integration.candidate.${move}`, { ...candidate(digit), attempt, move: n });

export const act = (n: number, id: string, action: string, more: object = {}) =>
  event(n, "notification.acted", { notification_id: id, version: 1, action, by: "ada", ...more });

/** The notification that a story of one group leaves. */
export function fold(...story: StoredEvent[]): Notification | null {
  return story.reduce<Notification | null>((current, stored) => {
    const lifecycle = catalog.find(stored.event.type)?.notification;
    return lifecycle ? evolve(current, stored, lifecycle) : assert.fail(`${stored.event.type} has none`);
  }, null);
}

/** The same, where there must be one. */
export function foldOne(...story: StoredEvent[]): Notification {
  return fold(...story) ?? assert.fail("there is no notification");
}

/** Tables as the processor gives them to a projection, kept in memory. */
export function memoryTables() {
  const rows = new Map<string, string>();
  const tables: Tables = {
    get: async (table, id) => JSON.parse(rows.get(`${table}/${id}`) ?? "null"),
    put: (table, id, value) => void rows.set(`${table}/${id}`, JSON.stringify(value)),
    remove: (table, id) => void rows.delete(`${table}/${id}`),
  };
  const items = () =>
    [...rows]
      .filter(([key]) => key.startsWith("items/"))
      .map(([, row]) => notificationOf(JSON.parse(row)))
      .filter((item) => item !== null);
  return { tables, rows, items };
}
