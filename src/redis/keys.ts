/**
 * Names every key. All keys of a repository share one hash tag, so that one script may touch any of them, also on a
 * cluster. A new key is added here and nowhere else.
 */

export type Keys = ReturnType<typeof keysOf>;

/** The keys of one repository, by its identity (`repositoryIdOf`). */
export function keysOf(repositoryId: string) {
  const tag = `{signalbox:${repositoryId}}`;
  return {
    /** Any key with the tag, to route a command that names none. */
    tag,
    /** hash: layout, epoch, sequence. */
    meta: `${tag}:meta`,
    /** stream: the log. */
    stream: `${tag}:stream`,
    /** hash: idempotency key → `<stream id> <payload digest> <event id>`. */
    idempotency: `${tag}:idempotency`,
    /** hash: stream_id, sequence of the last event a consumer group has handled. */
    cursor: (group: string) => `${tag}:cursor:${group}`,
    /** hash: quarantine id → JSON. */
    quarantine: `${tag}:quarantine`,
    /** hash: stream id → attempts, for a group's event that failed. */
    attempts: (group: string) => `${tag}:attempts:${group}`,
    /** list: stream ids a person asked a group to take again. */
    redeliver: (group: string) => `${tag}:redeliver:${group}`,
    /** hash: owner, token, acquired_at, renewed_at, expires_at (ms, Redis clock). */
    lease: (name: string) => `${tag}:lease:${name}`,
    /** string: the highest lease token ever given. */
    leaseToken: (name: string) => `${tag}:lease-token:${name}`,
    /** hash: generation, position of a projection. */
    projection: (name: string) => `${tag}:projection:${name}`,
    /** hash: one table of a projection's generation, id → JSON. */
    projectionTable: (name: string, generation: number, table: string) =>
      `${tag}:projection:${name}:${generation}:${table}`,
    /** hash: row → how often somebody changed what it says; the guard of the next change. */
    projectionVersions: (name: string) => `${tag}:projection:${name}:versions`,
    /** string: a projection's snapshot, JSON {position, tables}. */
    snapshot: (name: string) => `${tag}:snapshot:${name}`,
    /** hash: candidate key → JSON queue item. */
    queueItems: `${tag}:queue:items`,
    /** zset: ready_at ms → `<padded stream id>|<candidate key>`, queued ones only. */
    queueOrder: `${tag}:queue:order`,
    /** hash: status → how many. */
    queueCounts: `${tag}:queue:counts`,
    /** zset: finished_at ms → candidate key, for the newest first listing. */
    queueFinished: `${tag}:queue:finished`,
    /** hash: paused (JSON), cutover (JSON), glass (JSON), main_seen. */
    control: `${tag}:control`,
    /** string: the delivery in hand, JSON. */
    checkpoint: `${tag}:checkpoint`,
    /** hash: candidate key → JSON follow-up. */
    followUps: `${tag}:follow-ups`,
    /** hash: `<slug>@<sha>` → JSON landing record {merge_commit, main_sha, delivery, how}. */
    landings: `${tag}:landings`,
    /** hash: candidate key → JSON of what the integrator would do with it, while the line is in shadow. */
    shadow: `${tag}:shadow`,
    /** list: wakes a waiting integrator. */
    wake: `${tag}:wake`,
    /** hash: target → JSON of how a surface fares with it; and the pause that all of them keep. */
    deliveryHealth: (surface: string) => `${tag}:delivery:${surface}`,
    /** What one target is to be told: `wanted` and `sent` are hashes, id → JSON; `due` a zset, ms → id. */
    delivery: (surface: string, target: string, part: "wanted" | "sent" | "due") =>
      `${tag}:delivery:${surface}:${part}:${target}`,
    /** hash: what the Telegram bot remembers: `<bot>:heard`, `<bot>:moved:<chat digest>`, `<bot>:silent:<chat digest>`; `ear`: whether it hears. */
    telegram: `${tag}:telegram`,
  };
}
