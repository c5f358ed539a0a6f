/** What a reviewer who spoke by a last line has found: what it printed before, or as much of the end of it as is kept. */
import type { SessionsPlace } from "../sessions/find-sessions.ts";
import { openPlainText } from "../sessions/plain-text.ts";
import { sessionOutput } from "../sessions/tail-session.ts";

/** Null where it printed nothing else. */
export async function findingsOf(place: SessionsPlace, sessionId: string): Promise<string | null> {
  const plain = openPlainText();
  let text = "";
  for await (const piece of sessionOutput(place, sessionId)) {
    text += piece.kind === "bytes" ? plain.push(piece.bytes) : "\n[…]\n";
    text = text.slice(-longest * 2);
  }
  const lines = `${text}${plain.end()}`.trimEnd().split("\n");
  const found = lines.slice(0, -1).join("\n").trim();
  if (found === "") return null;
  return found.length <= longest ? found : `[…]${found.slice(-longest)}`;
}

/** Characters; the end is where a reviewer sums up. */
const longest = 16_000;
