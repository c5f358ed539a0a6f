/** Pure: the changes of the ledger, each as what an atomic write takes. */
import type { Op } from "../events/atomic-write.ts";
import type { Keys } from "../redis/keys.ts";
import type { Health, Sent, TestRequest, TestResult, Wanted } from "./rows.ts";

/** The field of the health hash that holds a pause of the whole surface: no target has this name. */
export const surfaceField = "";

/** The changes of one target's rows. `target` null: of the surface itself. */
export function ledgerWrites(keys: Keys, surface: string, target: string) {
  const key = (part: "wanted" | "sent" | "due") => keys.delivery(surface, target, part);
  const healthKey = keys.deliveryHealth(surface);
  const hset = (at: string, field: string, value: object): Op => ({
    op: "hset",
    key: at,
    field,
    value: JSON.stringify(value),
  });
  const unwanted = (id: string): Op[] => [
    { op: "hdel", key: key("wanted"), field: id },
    { op: "zrem", key: key("due"), member: id },
  ];
  return {
    wanted: (id: string, wanted: Wanted | TestRequest) => hset(key("wanted"), id, wanted),
    sent: (id: string, sent: Sent) => hset(key("sent"), id, sent),
    /** To be looked at then, ms; null: when something new is wanted. */
    due: (id: string, atMs: number | null): Op =>
      atMs === null
        ? { op: "zrem", key: key("due"), member: id }
        : { op: "zadd", key: key("due"), score: atMs, member: id },
    forget: (id: string): Op[] => [...unwanted(id), { op: "hdel", key: key("sent"), field: id }],
    /** The answer stays until whoever asked has read it. */
    testResult: (id: string, result: TestResult): Op[] => [hset(key("sent"), id, result), ...unwanted(id)],
    health: (health: Health) => hset(healthKey, target, health),
    /** Nothing to any target before then. */
    surfaceRest: (health: Health) => hset(healthKey, surfaceField, health),
    forgetTarget: (): Op[] => [
      { op: "del", key: key("wanted") },
      { op: "del", key: key("sent") },
      { op: "del", key: key("due") },
      { op: "hdel", key: healthKey, field: target },
    ],
  };
}
