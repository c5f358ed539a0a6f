/** The way into a session's terminal. */
import type { SessionsPlace } from "./find-sessions.ts";
import type { Session } from "./session.ts";
import { readRecord } from "./session-files.ts";
import { folderOf } from "./session-folder.ts";
import { attachCommand } from "./tmux-runner.ts";

/** The program and arguments that enter it; null where it has no terminal. */
export async function terminalOf(
  { privateDir }: Pick<SessionsPlace, "privateDir">,
  session: Session,
  readOnly: boolean,
): Promise<[program: string, ...args: string[]] | null> {
  const folder = folderOf(privateDir, session.id);
  const socket = folder === null ? null : ((await readRecord(folder, "request"))?.socket ?? null);
  return socket === null ? null : attachCommand(socket, readOnly);
}
