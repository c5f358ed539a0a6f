/** `signalbox projections rebuild NAME [--verify]`. */
import { badInput } from "../../../errors.ts";
import type { Catalog } from "../../../events/catalog.ts";
import { catalogWith } from "../../../events/catalog-with.ts";
import type { Projection } from "../../../events/projection.ts";
import { rebuildProjection } from "../../../events/rebuild.ts";
import { readinessProjection } from "../../../integration/readiness-projection.ts";
import { nearestNames } from "../../../nearest.ts";
import { notificationsProjection } from "../../../notifications/projection.ts";
import { workItemsProjection } from "../../../orchestration/work-items.ts";
import { styled } from "../../text.ts";
import { openBus, writerOf } from "../bus-context.ts";
import { workplaceOf } from "../clone-context.ts";
import { type Invocation, required } from "../invocation.ts";

/** Folds the log anew and swaps it in, or only compares. `--verify` exits 1 where the live one differs. */
export async function rebuild(call: Invocation): Promise<number> {
  const { config } = await workplaceOf(call);
  const catalog = catalogWith(config.events);
  const projection = projectionOf(required(call, 0), catalog);
  const verify = call.options.flag("verify");
  await using bus = await openBus(call);
  const { redis, keys } = bus;
  const writer = writerOf(bus, "platform");
  const report = await rebuildProjection({ redis, keys, catalog, writer, projection, verify });
  const { kind, events, skipped, differences, differenceCount } = report;
  if (call.output.json)
    call.output.document({
      name: projection.name,
      outcome: kind,
      events,
      skipped,
      difference_count: differenceCount,
      differences,
    });
  else {
    const differs =
      differenceCount === 0
        ? styled("good", "nothing differs")
        : styled("bad", `${differenceCount} rows differ`);
    const done = kind === "swapped" ? ", and the new one is live" : "";
    call.output.line(styled("strong", projection.name), `: ${events} events folded, `, differs, `${done}.`);
  }
  return verify && differenceCount > 0 ? 1 : 0;
}

function projectionOf(name: string, catalog: Catalog): Projection {
  const all = [readinessProjection, notificationsProjection(catalog), workItemsProjection];
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = all.map((each) => each.name);
  const near = nearestNames(name, names)[0];
  throw badInput("unknown_projection", `There is no projection called ${name}.`, {
    cure: `There are: ${names.join(", ")}.${near === undefined ? "" : ` Did you mean ${near}?`}`,
  });
}
