/** Writes docs/cli.md from the table of commands. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cliReference } from "../src/surfaces/cli/reference.ts";

await writeFile(join(import.meta.dirname, "../docs/cli.md"), cliReference());
