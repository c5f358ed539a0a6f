/** Takes a quarantined event again, because a person asked for it: out of order, and committed like any other. */
import { applyOne, generationGuards, type Worker } from "./callback-worker.ts";
import { firstGeneration, rowOps } from "./projection-state.ts";
import { quarantineId, readQuarantined } from "./quarantine.ts";
import { readEntry } from "./read-entry.ts";
import { beginFold } from "./rows.ts";
import { step } from "./step.ts";

/**
 * Handles one event that was asked for again; false where none was. What fails again stays in quarantine, with the new
 * reason; a lost race leaves it asked for.
 */
export async function redeliverOne(worker: Worker): Promise<boolean> {
  const { context, projection } = worker;
  const { redis, keys, catalog, writer, lease } = context;
  const { name } = projection;
  const reply = await redis.command(["LRANGE", keys.redeliver(name), 0, 0]);
  const streamId = Array.isArray(reply) ? reply[0] : null;
  if (typeof streamId !== "string") return false;
  const id = quarantineId(name, streamId);
  const found = await readQuarantined(redis, keys, id);
  if (found !== null) {
    const { raw, quarantined } = found;
    const fold = beginFold(worker.rows.load);
    const read = readEntry(catalog, { streamId, text: quarantined.text, type: null, deleted: false });
    const failed = read.kind === "unreadable" ? read.reason : await applyOne(projection, read, fold);
    const changes = fold.changes();
    const record = { ...quarantined, attempts: quarantined.attempts + 1, reason: failed ?? "" };
    const outcome = await step(`redeliver ${name}`, () =>
      writer.write({
        guards: [
          lease,
          { kind: "field", key: keys.quarantine, field: id, equals: raw },
          ...generationGuards(worker),
        ],
        ops:
          failed === null
            ? [...rowOps(keys, { ...worker, name }, changes), { op: "hdel", key: keys.quarantine, field: id }]
            : [{ op: "hset", key: keys.quarantine, field: id, value: JSON.stringify(record) }],
      }),
    );
    if (outcome.kind === "guard_failed") {
      worker.lost = true;
      return false;
    }
    if (failed === null && read.kind === "event") {
      worker.generation ??= firstGeneration;
      for (const table of changes.keys()) worker.tables.add(table);
      worker.rows.learn(changes);
      context.onCommitted(name, [{ streamId, event: read.event }]);
    }
  }
  // Done, or gone meanwhile. A crash before this line asks for it once more, and finds nothing.
  await redis.command(["LREM", keys.redeliver(name), 1, streamId]);
  return true;
}
