/** All that a process of a test may know of the machine: where programs are. */
import { mkdir } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { findTestServer } from "./redis.ts";

/** An environment whose home, temporary and run-time folders lie in `place`, and are made there. */
export async function hermeticEnvironment(place: string): Promise<Record<string, string>> {
  const folders = { HOME: "home", TMPDIR: "tmp", XDG_RUNTIME_DIR: "run" };
  const paths = Object.entries(folders).map(([name, folder]) => [name, join(place, folder)] as const);
  for (const [, path] of paths) await mkdir(path, { recursive: true, mode: 0o700 });
  return {
    ...Object.fromEntries(paths),
    PATH: [dirname(process.execPath), dirname(findTestServer()), "/usr/local/bin", "/usr/bin", "/bin"].join(
      delimiter,
    ),
    LANG: "C.UTF-8",
    NO_COLOR: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "Ada Worker",
    GIT_AUTHOR_EMAIL: "ada@example.org",
    GIT_COMMITTER_NAME: "Ada Worker",
    GIT_COMMITTER_EMAIL: "ada@example.org",
  };
}
