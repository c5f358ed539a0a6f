/** The catalog of a repository: our own types and those that its configuration registers. */
import { builtInCatalog } from "./built-in.ts";
import type { Catalog } from "./catalog.ts";
import { type UserType, userDefinitions } from "./user-definitions.ts";

/** Throws `invalid_event_types` or `invalid_catalog` where they do not fit together. */
export function catalogWith(written: readonly UserType[]): Catalog {
  return builtInCatalog(userDefinitions(written));
}
