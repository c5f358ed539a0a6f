/** Opens an engine as a daemon would, says so, and waits to be killed. Arguments: home, private folder. */
import { openEngine } from "../../../src/redis/engine.ts";

const [home = "", privateDir = ""] = process.argv.slice(2);
const place = { privateDir, runtimeDir: null, temporaryDir: "/tmp", url: null };
const engine = await openEngine({ ...place, home, path: process.env.PATH ?? "" });
process.stdout.write(`${engine.pid}\n`);
setInterval(() => undefined, 60_000);
