/** A processor in a process of its own, to be killed, stopped and doubled. Arguments: socket, repository id, pace in ms. */
import { pause } from "../../src/clock.ts";
import { createWriter } from "../../src/events/atomic-write.ts";
import { builtInCatalog } from "../../src/events/built-in.ts";
import { startProcessor } from "../../src/events/processor.ts";
import { connect } from "../../src/redis/connection.ts";
import { keysOf } from "../../src/redis/keys.ts";
import { socketTarget } from "../../src/redis/target.ts";
import { counter, fast } from "./processing.ts";

const [path = "", repositoryId = "", pace = "0"] = process.argv.slice(2);
const redis = await connect(socketTarget(path), { deadlineMs: 1000 });
const keys = keysOf(repositoryId);
const catalog = builtInCatalog();
const { name, apply } = counter();
startProcessor({
  redis,
  keys,
  catalog,
  writer: createWriter({ redis, keys, catalog, source: "signalbox/test/platform/child", role: "platform" }),
  projections: [
    {
      name,
      async apply(stored, tables) {
        await apply(stored, tables);
        if (Number(pace) > 0) await pause(Number(pace));
      },
    },
  ],
  ...fast,
  lease: { ttlMs: 600, renewMs: 150 },
  batch: 7,
});
process.send?.("started");
