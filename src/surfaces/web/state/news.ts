/** What somebody who does not look at the page should hear: landed, blocked, the line stopped. And the title of the tab. */
import { useEffect, useState } from "react";
import { words } from "../format.ts";
import type { EventShape } from "../wire.ts";
import { board, listen } from "./live.ts";
import { useStore } from "./store.ts";

/** The newest sentence worth saying. */
export function useNews(): string {
  const [said, setSaid] = useState("");
  const known = useStore(board);
  useEffect(
    () =>
      listen((event) => {
        const sentence = event === null ? null : sentenceOf(event);
        if (sentence !== null) setSaid(sentence);
      }),
    [],
  );
  const attention = known?.inbox.needs_attention ?? 0;
  const name = known === null ? "Signalbox" : `${known.repository} · Signalbox`;
  useEffect(() => {
    document.title = attention > 0 ? `(${attention}) ${name}` : name;
  }, [attention, name]);
  return said;
}

function sentenceOf({ type, subject, data }: EventShape): string | null {
  switch (type.replace(/^domain\.software-development\./, "")) {
    case "deployment.completed":
      return `${subject} is on main.`;
    case "deployment.failed":
      return `${subject} is blocked: ${words(String(data.reason ?? ""))}.`;
    case "integration.queue.paused":
      return "The line is paused.";
    case "integration.queue.resumed":
      return "The line is running again.";
    case "integration.stalled":
      return "Nothing moves on the line.";
    default:
      return null;
  }
}
