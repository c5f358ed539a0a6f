/** `signalbox parity [--last N]`: would the integrator have made of this history what history has? Touches nothing. */

import { cutoverAt } from "../../../board/ground.ts";
import { parityShape } from "../../../board/shape-parity.ts";
import { badInput, isFailure } from "../../../errors.ts";
import { lastCutover, readCutover } from "../../../guards/cutover-store.ts";
import { runParity } from "../../../guards/parity-run.ts";
import { openShadowStore, type ShadowRecord } from "../../../integration/stores/shadow-store.ts";
import { openLine, type Workplace } from "../../../workplace.ts";
import { openBus, writerOf } from "../bus-context.ts";
import { workplaceOf } from "../clone-context.ts";
import { fetchMain } from "../fetch-main.ts";
import { interruption } from "../interruption.ts";
import type { Invocation } from "../invocation.ts";
import { progressBar } from "../progress-bar.ts";
import { parityLines } from "../render/parity.ts";

/** So many merges where nothing else is asked for. */
const lastByDefault = 500;

/** Exits 0 with the report, 75 where it was interrupted: the next run goes on from there. */
export async function parity(call: Invocation): Promise<number> {
  const last = call.options.count("last") ?? lastByDefault;
  if (last < 1) throw badInput("wrong_use", "--last takes a number of merges, 1 or more.");
  const workplace = await workplaceOf(call);
  const { git, privateDir } = workplace;
  const known = await knownOf(call, workplace);
  await using line = await openLine(workplace);
  const tip = await fetchMain(line, workplace);
  using interrupted = interruption();
  using bar = progressBar(call.output, "merges");
  const answer = await runParity({
    ...{ line, git, privateDir, tip, last },
    shadowed: known.shadowed,
    progress: (done, total) => bar.show(done, total),
    stop: interrupted.signal,
  });
  bar.end();
  if (answer.kind === "stopped") {
    call.output.note(
      `Stopped after ${answer.done} of ${answer.total} merges; the next run goes on from there.`,
    );
    return 75;
  }
  const shape = parityShape(answer, known);
  if (call.output.json) call.output.document(shape);
  else call.output.lines(parityLines(shape));
  return 0;
}

type Known = { accepted: boolean; evidence: string | null; shadowed: readonly ShadowRecord[] };

/** What Redis knows of it; as last seen here, where it does not run. */
async function knownOf(call: Invocation, { privateDir, config }: Workplace): Promise<Known> {
  try {
    await using bus = await openBus(call);
    const { controls, decision } = await readCutover(cutoverAt(bus));
    const store = openShadowStore({ redis: bus.redis, keys: bus.keys, writer: writerOf(bus) });
    return {
      accepted: controls.parity_evidence_accepted,
      evidence: decision?.evidence ?? null,
      shadowed: await store.all(),
    };
  } catch (error) {
    if (!isFailure(error) || error.kind !== "unavailable") throw error;
    const { controls, decision } = await lastCutover({ privateDir, configured: config.cutover });
    return {
      accepted: controls.parity_evidence_accepted,
      evidence: decision?.evidence ?? null,
      shadowed: [],
    };
  }
}
