/** `signalbox up`: the daemon, in the foreground or left running. */

import { type Claim, claimDaemon, readDaemon } from "../../../board/process-file.ts";
import type { RunningDaemon } from "../../../daemon-port.ts";
import { badInput } from "../../../errors.ts";
import { lastCutover, requireMode } from "../../../guards/cutover-store.ts";
import { stopEngine } from "../../../redis/engine.ts";
import { engineOf, type Workplace } from "../../../workplace.ts";
import { styled } from "../../text.ts";
import { workplaceOf } from "../clone-context.ts";
import { startDetached } from "../detach.ts";
import type { Invocation } from "../invocation.ts";

/** Starts the daemon for the workplace here, or for every `--repo`. Already running: 0. */
export async function up(call: Invocation): Promise<number> {
  const port = call.options.count("port");
  if (port !== null && port > 65_535) throw badInput("wrong_use", `There is no port ${port}.`);
  const workplaces = await workplacesOf(call);
  const waiting = await notServed(call, workplaces);
  if (waiting.length === 0) return 0;
  for (const { privateDir, config } of waiting)
    requireMode(await lastCutover({ privateDir, configured: config.cutover }));
  return call.options.flag("detach") ? startDetached(call, waiting) : serve(call, waiting, port);
}

async function workplacesOf(call: Invocation): Promise<Workplace[]> {
  const named = call.options.list("repo");
  const folders = named.length === 0 ? [call.directory] : named;
  const workplaces = await Promise.all(folders.map((folder) => workplaceOf(call, { folder })));
  return workplaces.filter(
    (workplace, at) => workplaces.findIndex((each) => each.privateDir === workplace.privateDir) === at,
  );
}

/** Those without a daemon that is ready; the others are reported. */
async function notServed(call: Invocation, workplaces: readonly Workplace[]): Promise<Workplace[]> {
  const waiting: Workplace[] = [];
  for (const workplace of workplaces) {
    const running = await readDaemon(workplace.privateDir);
    const starting = running !== null && !running.ready && call.options.flag("detach");
    if (running === null || starting) waiting.push(workplace);
    else sayRunning(call, workplace, running.process.pid);
  }
  return waiting;
}

function sayRunning(call: Invocation, workplace: Workplace, pid: number): void {
  call.output.line(
    "The daemon for ",
    styled("strong", workplace.repositoryId),
    ` is running already (pid ${pid}).`,
  );
}

type Held = { workplace: Workplace; claim: Extract<Claim, { kind: "claimed" }> };

/** Runs until TERM or INT, or until the daemon ends by itself. */
async function serve(
  call: Invocation,
  workplaces: readonly Workplace[],
  port: number | null,
): Promise<number> {
  const stop = new AbortController();
  let byHand = false;
  const end = (signal: NodeJS.Signals) => {
    byHand ||= signal === "SIGINT";
    stop.abort();
  };
  process.on("SIGTERM", end).on("SIGINT", end);
  const held: Held[] = [];
  const daemons: RunningDaemon[] = [];
  process.on("SIGHUP", () => void reloadAll(call, daemons));
  try {
    for (const workplace of workplaces) {
      const claim = await claimDaemon(workplace.privateDir);
      if (claim.kind === "taken") sayRunning(call, workplace, claim.by.process.pid);
      else held.push({ workplace, claim });
    }
    for (const { workplace, claim } of held) {
      const daemon = await call.runDaemon({
        workplace,
        port: port ?? workplace.config.port,
        version: call.version,
        allowMemory: call.options.flag("allow-memory"),
        progress: (line) => call.output.note(line),
        stop: stop.signal,
        openTraces: call.openTraces,
      });
      daemons.push(daemon);
      await claim.ready(daemon.url);
      call.output.line(styled("good", "ready"), `: ${workplace.repositoryId}`, ` at ${daemon.url}`);
    }
    await Promise.all(daemons.map(({ ended }) => ended));
    return 0;
  } finally {
    // One that broke takes the others along: a daemon that serves half of what was asked for would look healthy.
    stop.abort();
    await Promise.allSettled(daemons.map(({ ended }) => ended));
    for (const { claim } of held) await claim.release();
    // Ctrl-C ends what a person began. After a TERM the engine stays, for the next daemon, or for down to end.
    if (byHand) for (const { workplace } of held) await stopEngine(engineOf(workplace));
    process.off("SIGTERM", end).off("SIGINT", end);
  }
}

async function reloadAll(call: Invocation, daemons: readonly RunningDaemon[]): Promise<void> {
  for (const daemon of daemons)
    try {
      await daemon.reload();
      call.output.note("signalbox.yaml was read again.");
    } catch (error) {
      call.output.note(
        `signalbox.yaml was not taken: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
}
