/**
 * The bin. Plain JavaScript, because the first file of a process is read before the compile cache is on: everything
 * after it comes out of the cache, types already stripped.
 */
import { enableCompileCache } from "node:module";
import { basename, join } from "node:path";

// Inside the package, not in the shared temporary folder, where another account could plant compiled code for us.
enableCompileCache(join(import.meta.dirname, "..", "node_modules", ".cache", "signalbox-compiled"));

const start = basename(import.meta.dirname) === "src" ? "./start.ts" : "./start.js";
await (await import(start)).start(import.meta.filename);
