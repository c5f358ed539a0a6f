/** `signalbox guard install` and `uninstall`. */

import { guardsShape } from "../../../board/shape-guard.ts";
import { installGuards, lookAtGuards, uninstallGuards } from "../../../guards/guard.ts";
import { workplaceOf } from "../clone-context.ts";
import { refuseWorkersAtGuards } from "../fence-context.ts";
import type { Invocation } from "../invocation.ts";
import { guardLines } from "../render/guard.ts";

/** Installs what is missing or silenced. */
export async function install(call: Invocation): Promise<number> {
  const workplace = await workplaceOf(call);
  const changed = await installGuards(workplace);
  const guards = guardsShape(await lookAtGuards(workplace), workplace);
  if (call.output.json) call.output.document({ changed: changed.hook || changed.wrappers, ...guards });
  else call.output.lines(guardLines(guards));
  return 0;
}

/** Takes away what is there. Throws `not_yours_to_guard` in a worker's session. */
export async function uninstall(call: Invocation): Promise<number> {
  refuseWorkersAtGuards(call);
  const workplace = await workplaceOf(call);
  const changed = await uninstallGuards(workplace);
  const isChanged = changed.hook || changed.wrappers;
  const guards = guardsShape(await lookAtGuards(workplace), workplace);
  if (call.output.json) call.output.document({ changed: isChanged, ...guards });
  else
    call.output.line(
      isChanged ? "The guards are gone; the clone is as it was before." : "There were no guards.",
    );
  return 0;
}
