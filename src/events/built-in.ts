/** The catalog that comes with Signalbox, and typed ways to write its payloads. */
import type { EventDraft } from "./atomic-write.ts";
import { type Catalog, createCatalog } from "./catalog.ts";
import type { EventDefinition, PayloadsOf } from "./definition.ts";
import { integration } from "./integration.ts";
import { platform } from "./platform.ts";
import { softwareDevelopment } from "./software-development.ts";
import { work } from "./work.ts";

export const builtInDefinitions = [...softwareDevelopment, ...work, ...integration, ...platform] as const;

/** Type → payload, as an emitter writes it. */
export type Payloads = PayloadsOf<typeof builtInDefinitions>;

export type BuiltInType = keyof Payloads;

/** Our own types and the user's. Throws a Failure `invalid_catalog` where they do not fit together. */
export function builtInCatalog(userDefinitions: readonly EventDefinition[] = []): Catalog {
  return createCatalog([...builtInDefinitions, ...userDefinitions]);
}

/** An event about to be said, its payload checked by the compiler too. */
export function draft<Type extends BuiltInType>(
  type: Type,
  data: Payloads[Type],
  more: Omit<EventDraft, "type" | "data"> = {},
): EventDraft {
  return { ...more, type, data };
}
