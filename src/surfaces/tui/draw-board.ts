/** The terminal, taken over and given back: Ink draws on its alternate screen, and whatever happens it is left as it was. */
import { render } from "ink";
import type { Client } from "../../client/client.ts";
import { wallMs } from "../../clock.ts";
import type { Environment } from "../../config.ts";
import { describeError } from "../../errors.ts";
import { app } from "./app.ts";
import { openHands } from "./hands.ts";
import type { TerminalKind } from "./ring.ts";
import { beginning } from "./state.ts";
import { openStore } from "./store.ts";
import { openSuspension } from "./suspension.ts";

export type DrawOptions = {
  client: Client;
  environment: Environment;
  readerGone: AbortSignal;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
};

const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** Draws until the person leaves, TERM, INT or HUP comes, or the terminal is gone. Answers 0. */
export async function drawBoard({
  client,
  environment,
  readerGone,
  stdin,
  stdout,
}: DrawOptions): Promise<number> {
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  const size = { columns: stdout.columns, rows: stdout.rows };
  const store = openStore(beginning(size, wallMs()), (effect) => hands.perform(effect));
  const suspension = openSuspension((error) =>
    store.tell({ kind: "said", text: describeError(error), tone: "bad" }),
  );
  const hands = openHands({
    client,
    tell: store.tell,
    write: (sequence) => stdout.write(sequence),
    terminal: terminalOf(environment),
    suspend: suspension.begin,
    leave,
  });
  // Kept until the end: without a listener of ours, Ink's own would end the process there.
  for (const signal of signals) process.on(signal, leave);
  // A terminal that is gone cannot be given back.
  stdin.on("error", leave);
  readerGone.addEventListener("abort", leave, { once: true });
  const screen = render(app({ store, suspension, isColoured: !environment.noColor }), {
    stdin,
    stdout,
    // A person looks at a terminal, whatever a variable says about continuous integration.
    interactive: true,
    alternateScreen: true,
    incrementalRendering: true,
    exitOnCtrlC: false,
    patchConsole: true,
  });
  leaving.signal.addEventListener("abort", () => screen.unmount(), { once: true });
  const following = hands.follow(leaving.signal);
  try {
    await screen.waitUntilExit();
  } finally {
    leave();
    await following;
    for (const signal of signals) process.off(signal, leave);
    stdin.off("error", leave);
  }
  return 0;
}

/** What the terminal says about itself. */
function terminalOf({ variables }: Environment): TerminalKind {
  const { TERM_PROGRAM: program, TERM: term, VTE_VERSION: vte } = variables;
  return { program: program ?? null, term: term ?? null, isVte: vte !== undefined && vte !== "" };
}
