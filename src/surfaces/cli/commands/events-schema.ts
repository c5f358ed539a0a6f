/** `signalbox events schema`: the catalog, for people and for machines. Needs neither a clone nor Redis. */

import { isFailure } from "../../../errors.ts";
import { builtInCatalog } from "../../../events/built-in.ts";
import type { Catalog } from "../../../events/catalog.ts";
import { catalogWith } from "../../../events/catalog-with.ts";
import { asyncApiOf, jsonSchemaOf } from "../../../events/schemas.ts";
import { workplaceOf } from "../clone-context.ts";
import type { Invocation } from "../invocation.ts";

/** One type's JSON Schema, all of them by type, or an AsyncAPI document of everything. Always JSON. */
export async function schema(call: Invocation): Promise<number> {
  const catalog = await catalogHere(call);
  const type = call.args[0] ?? null;
  if (call.options.text("format") === "asyncapi") {
    call.output.document(asyncApiOf(catalog, call.version));
    return 0;
  }
  if (type !== null) call.output.document(jsonSchemaOf(catalog.get(fullName(catalog, type))));
  else
    call.output.document(
      Object.fromEntries(
        catalog.definitions.map((definition) => [definition.type, jsonSchemaOf(definition)]),
      ),
    );
  return 0;
}

/** Outside a clone there are our own types; in one, the user's too. */
async function catalogHere(call: Invocation): Promise<Catalog> {
  try {
    const { config } = await workplaceOf(call);
    return catalogWith(config.events);
  } catch (error) {
    if (isFailure(error, "not_a_repository") || isFailure(error, "no_remote")) return builtInCatalog();
    throw error;
  }
}

/** `deployment.started` will do for `domain.software-development.deployment.started`. */
function fullName(catalog: Catalog, type: string): string {
  const ends = catalog.definitions.filter((definition) => definition.type.endsWith(`.${type}`));
  return catalog.find(type) === null && ends[0] !== undefined && ends.length === 1 ? ends[0].type : type;
}
