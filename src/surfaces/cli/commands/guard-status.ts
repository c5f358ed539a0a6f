/** `signalbox guard status`: asks neither Redis nor the remote. */

import { guardsShape } from "../../../board/shape-guard.ts";
import { lookAtGuards } from "../../../guards/guard.ts";
import { countWaiting } from "../../../guards/spool.ts";
import { styled } from "../../text.ts";
import { workplaceOf } from "../clone-context.ts";
import type { Invocation } from "../invocation.ts";
import { guardLines } from "../render/guard.ts";

/** Exits 0 whatever it reports. */
export async function status(call: Invocation): Promise<number> {
  const workplace = await workplaceOf(call);
  const { config, privateDir } = workplace;
  const guards = guardsShape(await lookAtGuards(workplace), workplace);
  const unsaid = await countWaiting(privateDir);
  if (call.output.json) {
    call.output.document({ remote: config.remote, main: config.main, ...guards, unsaid_blocks: unsaid });
    return 0;
  }
  call.output.line(styled("strong", `${config.remote}/${config.main}`));
  call.output.lines(guardLines(guards).map((line) => ["  ", ...line]));
  if (unsaid > 0) call.output.line(`  ${unsaid} stopped, to be said when the daemon runs`);
  return 0;
}
