/** Says the same facts as its sister process. Arguments: socket, repository id, how many. */

import { builtInCatalog } from "../../src/events/built-in.ts";
import { createProducer } from "../../src/events/producer.ts";
import { connect } from "../../src/redis/connection.ts";
import { keysOf } from "../../src/redis/keys.ts";
import { socketTarget } from "../../src/redis/target.ts";
import { pushed, pushedData } from "./bus.ts";

const [path = "", repositoryId = "", count = "0"] = process.argv.slice(2);
const redis = await connect(socketTarget(path));
const producer = createProducer({
  redis,
  keys: keysOf(repositoryId),
  catalog: builtInCatalog(),
  source: "signalbox/test/worker/child",
  role: "worker",
});
const numbers = Array.from({ length: Number(count) }, (_, n) => n + 1);
const results = await Promise.all(numbers.map((n) => producer.emit(pushed, pushedData(n))));
process.send?.(results);
await redis.close();
