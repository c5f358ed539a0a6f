/** Writes docs/events.md from the catalog. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtInCatalog } from "../src/events/built-in.ts";
import { eventReference } from "../src/events/reference.ts";

await writeFile(join(import.meta.dirname, "../docs/events.md"), eventReference(builtInCatalog()));
