/** The log as a command reads it: with the types that the configuration adds. */
import { catalogWith } from "../../events/catalog-with.ts";
import type { StreamSource } from "../../events/stream.ts";
import type { Bus } from "./bus-context.ts";

export function sourceOf({ redis, keys, workplace }: Bus): StreamSource {
  return { redis, keys, catalog: catalogWith(workplace.config.events) };
}
