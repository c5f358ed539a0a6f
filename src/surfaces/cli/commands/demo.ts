/** `signalbox demo`: what `npm start` runs. */

import { styled } from "../../text.ts";
import { endingLines } from "../demo/ending.ts";
import { play } from "../demo/play.ts";
import { buildSandbox, type Sandbox } from "../demo/sandbox.ts";
import { interruption, untilAborted } from "../interruption.ts";
import type { Invocation } from "../invocation.ts";

/** Plays the story, says what happened, and leaves nothing (or, with `--keep`, everything). */
export async function demo(call: Invocation): Promise<number> {
  const { output, options } = call;
  using interrupted = interruption();
  const sandbox = await buildSandbox(call.environment, call.entry);
  let keeps = options.flag("keep");
  try {
    const progress = await play(sandbox, output, interrupted.signal);
    const history = await mainHistory(sandbox);
    const kept = keeps || options.flag("serve") ? sandbox : null;
    output.lines(endingLines(progress, history, kept));
    if (options.flag("serve") && !keeps) {
      output.note(styled("dim", "Ctrl-C ends it and removes the sandbox."));
      await untilAborted(interrupted.signal);
    }
    return 0;
  } catch (error) {
    // What went wrong can only be found out where the sandbox is kept; an interrupted one is of no interest.
    keeps &&= !interrupted.signal.aborted;
    if (interrupted.signal.aborted) return 130;
    throw error;
  } finally {
    if (!keeps) await sandbox.remove();
  }
}

async function mainHistory(sandbox: Sandbox): Promise<string[]> {
  const args = ["log", "--first-parent", "--format=%h %s", "refs/heads/main"];
  const { stdout } = await sandbox.git.must(args, { cwd: `${sandbox.folder}/shop.git` });
  return stdout.toString("utf8").trim().split("\n");
}
