/** All that an orchestrator stands on, for a command. */
import { openLock } from "../../events/lock.ts";
import type { OrchestratorGround } from "../../orchestration/orchestrator/ground.ts";
import { secretNamesOf } from "../../orchestration/sessions/worker-environment.ts";
import { type Bus, writerOf } from "./bus-context.ts";
import { finalizeGroundOf } from "./finalize-context.ts";
import type { Invocation } from "./invocation.ts";
import { storesOf } from "./line-context.ts";
import { sessionsPlaceOf } from "./session-context.ts";
import { sourceOf } from "./source-context.ts";
import { followUpText, startGroundOf } from "./start-context.ts";
import { producerOn } from "./writer.ts";

export type OrchestratorVoice = Pick<OrchestratorGround, "by" | "tell">;

export function orchestratorGroundOf(
  call: Invocation,
  bus: Bus,
  voice: OrchestratorVoice,
): OrchestratorGround {
  const { workplace } = bus;
  const { config } = workplace;
  const { workers, limits } = config;
  const stores = storesOf(bus);
  return {
    ...voice,
    starting: () => startGroundOf(call, bus, true),
    finalizing: { ...finalizeGroundOf(call, bus, voice.by), roundsMax: limits.rounds },
    source: sourceOf(bus),
    writer: writerOf(bus),
    lock: (name) => openLock(bus, name),
    sessions: sessionsPlaceOf(workplace, producerOn(bus)),
    commands: {
      build: workers.build ?? null,
      review: workers.review ?? null,
      fix: workers.fix ?? null,
      finalize: workers.finalize === "builtin" ? null : workers.finalize,
    },
    isPreparing: workers.prepare !== undefined,
    runner: workers.runner,
    silenceMs: limits.roleMs,
    variables: call.environment.variables,
    secretNames: secretNamesOf(config.notify),
    followUp: (slug) => followUpText(stores, slug),
  };
}
