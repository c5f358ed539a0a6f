/** Whether this machine has tmux; what a test that needs it says where it has not. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const folders = (process.env.PATH ?? "").split(delimiter);

/** False where it is there; else why the test is skipped. */
export const noTmux: string | false = folders.some((folder) => existsSync(join(folder, "tmux")))
  ? false
  : "tmux not installed (apt-get install tmux)";
