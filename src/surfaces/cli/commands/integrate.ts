/** `signalbox integrate`: the integrator session, here and now. */

import { registerIntegrator } from "../../../board/process-file.ts";
import { asksPermission, cutoverPlace } from "../../../guards/cutover-store.ts";
import { hasIntegratorKey } from "../../../guards/key-place.ts";
import type { SessionEnd } from "../../../integration/integrator.ts";
import type { IntegrateResult } from "../../../integration/session.ts";
import type { SessionGuard } from "../../../integration/session-parts.ts";
import type { SessionLog } from "../../../integration/session-ports.ts";
import type { LogFile } from "../../../log-file.ts";
import type { Traces } from "../../../telemetry/traces.ts";
import type { Workplace } from "../../../workplace.ts";
import { styled } from "../../text.ts";
import { workplaceOf } from "../clone-context.ts";
import { interruption } from "../interruption.ts";
import type { Invocation } from "../invocation.ts";

/** Takes the lease, drains the queue, ends. Another one at work: 0. TERM and Ctrl-C end it at the next checkpoint. */
export async function integrate(call: Invocation): Promise<number> {
  const workplace = await workplaceOf(call, { meanwhile: loadParts });
  const { runSession, openLogFile } = await loadParts();
  const graceMs = call.options.duration("grace");
  const limit = call.options.count("max");
  using interrupted = interruption();
  const registered = await registerIntegrator(workplace.privateDir);
  try {
    const log = logOf(call, openLogFile(workplace.privateDir, "integrator"));
    const result = await runSession({
      workplace,
      log,
      stop: interrupted.signal,
      guard: guardOf(workplace),
      shadow: call.options.flag("shadow"),
      traces: () => openedTraces(call, log),
      permission: ({ redis, keys }) => asksPermission(cutoverPlace(workplace, keys.control, redis)),
      ...(graceMs === null ? {} : { graceMs }),
      ...(limit === null ? {} : { limit }),
    });
    answer(call, result);
    return exitOf[result.end];
  } finally {
    await registered.release();
  }
}

/** What a session begins with, loaded while git looks at the clone. */
async function loadParts() {
  // Which opening the line would load.
  await import("../../../git/line-repository.ts");
  const { integrate: runSession } = await import("../../../integration/session.ts");
  const { openLogFile } = await import("../../../log-file.ts");
  return { runSession, openLogFile };
}

/** The key at work. What it needs is loaded with the first use: most lines have none. */
function guardOf({ privateDir, repositoryId: repository, config }: Workplace): SessionGuard {
  const key = async () => {
    if (!(await hasIntegratorKey(privateDir))) return null;
    return (await import("../../../guards/integrator-key.ts")).readIntegratorKey(privateDir);
  };
  return {
    signingKey: key,
    grants: {
      async optionsFor(push) {
        if (!(await hasIntegratorKey(privateDir))) return [];
        const { grantsBy } = await import("../../../guards/grants.ts");
        return grantsBy({ key, repository, main: config.main }).optionsFor(push);
      },
    },
  };
}

/** A session is nobody's call: what it tells belongs to the candidates. */
function openedTraces({ environment, version, openTraces }: Invocation, log: SessionLog): Promise<Traces> {
  const { variables } = environment;
  const warn = (message: string) => log.warn({}, message);
  return openTraces({ variables, version, role: "integrator", under: null, warn });
}

/** To the log file, and for people to stderr. */
function logOf(call: Invocation, file: LogFile): SessionLog {
  return {
    info: (fields, message) => {
      file.info(fields, message);
      call.output.note(styled("dim", message));
    },
    warn: (fields, message) => {
      file.warn(fields, message);
      call.output.note(styled("warn", message));
    },
  };
}

function answer(call: Invocation, result: IntegrateResult): void {
  const { end, landed, blocked, detail, mode, shadowed } = result;
  if (call.output.json) {
    call.output.document({ end, landed, blocked, detail, mode, shadowed });
    return;
  }
  if (mode === "shadow")
    call.output.line(
      styled("warn", "In shadow"),
      `, ${words[end].toLowerCase()}: decided about ${shadowed}, and nothing was changed.`,
    );
  else call.output.line(`${words[end]}: `, styled("good", `${landed} integrated`), `, ${blocked} blocked.`);
  if (detail !== null) call.output.note(detail);
}

const words: Record<SessionEnd, string> = {
  drained: "The queue is empty",
  not_live: "The cutover was switched off",
  limit_reached: "As many as were asked for",
  busy: "Another integrator is at work",
  overtaken: "Another integrator was faster",
  lease_lost: "The lease was lost, and the next session goes on from the checkpoint",
  stopped: "Stopped at a checkpoint",
  remote_away: "The remote is away",
};

const exitOf: Record<SessionEnd, number> = {
  drained: 0,
  not_live: 0,
  limit_reached: 0,
  busy: 0,
  overtaken: 0,
  stopped: 0,
  lease_lost: 75,
  remote_away: 75,
};
