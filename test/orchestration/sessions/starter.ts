/** Starts one session and stays: to be killed. Arguments: the bench's folder, the command, the runner. */
import { join } from "node:path";
import { startSession } from "../../../src/orchestration/sessions/start-session.ts";

const [folder = "", command = "", runner] = process.argv.slice(2);
await startSession(
  {
    privateDir: join(folder, "private"),
    runtimeDir: null,
    temporaryDir: join(folder, "tmp"),
    producer: null,
  },
  {
    role: "builder",
    slug: "item",
    command,
    values: { branch: "item", base: "origin/main", worktree: join(folder, "trees", "a b") },
    runner: runner === "tmux" ? "tmux" : "process",
    silenceLimitMs: null,
    variables: process.env,
    secretNames: [],
  },
);
setInterval(() => {}, 60_000);
