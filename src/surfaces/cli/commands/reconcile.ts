/** `signalbox reconcile`: events, queue and git, compared and repaired, here and now. */

import { cutoverAt } from "../../../board/ground.ts";
import type { ReconcileShape } from "../../../board/shapes-of-commands.ts";
import { producerOf } from "../../../events/producer.ts";
import { firstInit } from "../../../first-init.ts";
import { readCutover } from "../../../guards/cutover-store.ts";
import { knownSigners } from "../../../guards/integrator-key.ts";
import { reconcile as runReconcile } from "../../../integration/reconcile.ts";
import { openLine } from "../../../workplace.ts";
import { openBus, writerOf } from "../bus-context.ts";
import type { Invocation } from "../invocation.ts";
import { judgeOf, storesOf } from "../line-context.ts";
import { reconcileLines } from "../render/outcomes.ts";

/** One round. `--dry-run` only says what it would repair. */
export async function reconcile(call: Invocation): Promise<number> {
  const dryRun = call.options.flag("dry-run");
  await using bus = await openBus(call);
  const { redis, workplace } = bus;
  const { git, clone, config } = workplace;
  await using line = await openLine(workplace);
  const writer = writerOf(bus, "platform");
  const repairs = await runReconcile({
    redis,
    line,
    git,
    clone,
    config,
    stores: storesOf(bus),
    writer,
    producer: producerOf(writer),
    judge: judgeOf(bus, line),
    since: (await firstInit(workplace.privateDir))?.main_sha ?? null,
    circumstances: {
      othersLand: async () => (await readCutover(cutoverAt(bus))).mode !== "live",
      signers: () => knownSigners(workplace.privateDir),
    },
    dryRun,
  });
  const shape: ReconcileShape = { dry_run: dryRun, repairs };
  if (call.output.json) call.output.document(shape);
  else call.output.lines(reconcileLines(shape));
  return 0;
}
