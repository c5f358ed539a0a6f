/** Progress on stderr: a bar that redraws itself on a terminal, a line for every tenth elsewhere. */
import type { Output } from "./output.ts";

export type ProgressBar = {
  show(done: number, total: number): void;
  /** Takes the bar away. */
  end(): void;
  [Symbol.dispose](): void;
};

const width = 30;

/** `what` is counted: "merges". */
export function progressBar(output: Output, what: string): ProgressBar {
  let tenth = -1;
  let isDrawn = false;
  const end = () => {
    if (isDrawn) output.redraw("");
    isDrawn = false;
  };
  return {
    show(done, total) {
      if (total === 0) return;
      if (output.lively) {
        const filled = Math.round((width * done) / total);
        output.redraw(`${"█".repeat(filled)}${"░".repeat(width - filled)} ${done} of ${total} ${what}`);
        isDrawn = true;
        return;
      }
      const now = Math.floor((10 * done) / total);
      if (now > tenth) output.note(`${done} of ${total} ${what}`);
      tenth = now;
    },
    end,
    [Symbol.dispose]: end,
  };
}
