/** `signalbox tui`: the board in this terminal, live, until somebody has had enough. */
import { openClient } from "../../client/client.ts";
import { chooseProductionMode } from "../../config/production-mode.ts";
import { badInput } from "../../errors.ts";
import { openWorkplace } from "../../workplace.ts";
import type { SurfaceCall } from "../other-surfaces.ts";

/**
 * Answers 0 when the person has left. Throws a Failure: `not_a_terminal` (none, or a dumb one), `daemon_not_running`, what opening the clone throws.
 * A daemon that goes away later is waited for.
 */
export async function openTui(call: SurfaceCall): Promise<number> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY)
    throw badInput("not_a_terminal", "The board needs a terminal to draw on and to be steered from.", {
      cure: "signalbox status, or signalbox status --json.",
    });
  if (call.environment.variables.TERM === "dumb")
    throw badInput("not_a_terminal", "This terminal cannot place text on a screen: it calls itself dumb.", {
      cure: "signalbox status, or a terminal whose TERM says what it is.",
    });
  const { privateDir } = await openWorkplace(call.directory, call.environment);
  const client = openClient(privateDir);
  await client.me();
  chooseProductionMode();
  const { drawBoard } = await import("./draw-board.ts");
  return drawBoard({ client, environment: call.environment, readerGone: call.readerGone, stdin, stdout });
}
