/** `signalbox orchestrate SLUG|--all`: walks items to the hand-over with the configured workers. */
import { badInput, Failure } from "../../../errors.ts";
import { openLogFile } from "../../../log-file.ts";
import { type Result, walkAll } from "../../../orchestration/orchestrator/fleet.ts";
import type { OrchestratorGround } from "../../../orchestration/orchestrator/ground.ts";
import { takeHold } from "../../../orchestration/orchestrator/hold.ts";
import { exitCodeOf } from "../../../orchestration/orchestrator/outcome.ts";
import { walk } from "../../../orchestration/orchestrator/walk.ts";
import { listSessions } from "../../../orchestration/sessions/find-sessions.ts";
import { registerSession } from "../../../orchestration/sessions/register-session.ts";
import { isOpen } from "../../../orchestration/sessions/session.ts";
import { styled } from "../../text.ts";
import { type Bus, openBus } from "../bus-context.ts";
import { interruption } from "../interruption.ts";
import type { Invocation } from "../invocation.ts";
import { slugAtDoor } from "../names-at-the-door.ts";
import { orchestratorGroundOf } from "../orchestrate-context.ts";
import { orchestrateLines, orchestrateShape } from "../render/orchestrate.ts";
import { sessionsPlaceOf } from "../session-context.ts";
import { producerOn } from "../writer.ts";

/**
 * Ends when every item is handed over, or waits for somebody. Ctrl-C and TERM end the orchestrating, not the workers: the
 * next one finds them, and goes on.
 */
export async function orchestrate(call: Invocation): Promise<number> {
  const slug = whatToWalk(call);
  refuseWorkers(call);
  await using bus = await openBus(call);
  refuseWithoutWorkers(bus);
  using interrupted = interruption();
  const place = sessionsPlaceOf(bus.workplace, producerOn(bus));
  const argv = ["signalbox", "orchestrate", slug ?? "--all"];
  const session = await registerSession(place, { role: "orchestrator", slug, argv });
  let end = { why: "it failed", exitCode: 1 };
  try {
    const ground = orchestratorGroundOf(call, bus, { by: session.id, tell: tellTo(call, bus) });
    const { signal: stop } = interrupted;
    const results =
      slug === null
        ? await all(ground, { maxParallel: bus.workplace.config.workers.maxParallel, stop })
        : [{ slug, outcome: await walk(ground, { slug, takesOver: true, stop }) }];
    if (stop.aborted) await tellWhatRunsOn(call, bus, results);
    const exitCode = answer(call, slug, results);
    end = { why: stop.aborted ? "called off" : "all is said", exitCode };
    return exitCode;
  } finally {
    await session.release(end.why, end.exitCode);
  }
}

/** The item; null: all of the roadmap. */
function whatToWalk({ args, options }: Invocation): string | null {
  const [named = null] = args;
  const isAll = options.flag("all");
  if (named !== null && !isAll) return slugAtDoor(named);
  if (named === null && isAll) return null;
  throw badInput(
    "wrong_use",
    named === null ? "It is not said what to orchestrate." : "--all is every item: name none beside it.",
    { cure: "signalbox orchestrate SLUG, or: signalbox orchestrate --all" },
  );
}

/** Workers do their part; who starts which is not theirs to say. */
function refuseWorkers({ environment }: Invocation): void {
  const { role } = environment;
  if (role === null || role === "orchestrator") return;
  throw new Failure({
    code: "not_yours_to_orchestrate",
    kind: "refused",
    message: `A ${role} orchestrates nothing.`,
    cure: "Say what you concluded (signalbox todo mark-phase), then let your own process end.",
  });
}

function refuseWithoutWorkers({ workplace }: Bus): void {
  const { build, review, fix } = workplace.config.workers;
  if (build !== undefined || review !== undefined || fix !== undefined) return;
  throw badInput("no_workers", "No worker is configured: nobody would build, review or fix.", {
    cure: "Name their commands in signalbox.yaml: workers.build, workers.review, workers.fix.",
  });
}

/** One `--all` at a time: maxParallel is meant for the clone. */
async function all(
  ground: OrchestratorGround,
  request: { maxParallel: number; stop: AbortSignal },
): Promise<Result[]> {
  const holding = await takeHold(ground.lock("orchestrate:--all"));
  if (holding.kind === "busy")
    throw new Failure({
      code: "orchestrator_at_work",
      kind: "temporary",
      message: `${holding.holder} orchestrates the roadmap already.`,
      cure: "signalbox sessions list shows it; end it there, or leave it to it.",
    });
  const { hold } = holding;
  try {
    return await walkAll(ground, { ...request, stop: AbortSignal.any([request.stop, hold.lost]) });
  } finally {
    await hold.release();
  }
}

/** Each step on stderr as it is taken, and into the log. */
function tellTo({ output }: Invocation, { workplace }: Bus): OrchestratorGround["tell"] {
  const log = openLogFile(workplace.privateDir, "orchestrator");
  return (slug, line) => {
    log.info({ slug }, line);
    if (slug === null) output.note(styled("dim", line));
    else output.note(styled("strong", slug), styled("dim", `: ${line}`));
  };
}

async function tellWhatRunsOn(
  { output }: Invocation,
  { workplace }: Bus,
  results: readonly Result[],
): Promise<void> {
  const slugs = new Set(results.map(({ slug }) => slug));
  const running = (await listSessions(workplace)).filter(
    (session) => isOpen(session) && session.slug !== null && slugs.has(session.slug),
  );
  for (const { id, role } of running.filter((one) => one.role !== "orchestrator"))
    output.note(
      `The ${role} ${id} works on; the next orchestrator finds it. To end it: signalbox sessions end ${id}`,
    );
}

function answer(call: Invocation, slug: string | null, results: readonly Result[]): number {
  const { output } = call;
  const [only] = results;
  // Of one item there is nothing to tell but the failure.
  if (slug !== null && only?.outcome.kind === "failed") throw only.outcome.failure;
  for (const { slug: each, outcome } of results)
    if (output.json) output.row(orchestrateShape(each, outcome));
    else output.lines(orchestrateLines(each, outcome));
  if (results.length === 0) output.note("Nothing is planned: signalbox roadmap add SLUG");
  return exitCodeOf(results.map(({ outcome }) => outcome));
}
