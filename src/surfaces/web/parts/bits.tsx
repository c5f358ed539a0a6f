/** The smallest parts: an age, a commit, a state, a code to copy. */
import type { ReactNode } from "react";
import { useState } from "react";
import { ago, plain, shortSha } from "../format.ts";
import { useNow } from "../state/now.ts";
import { Icon } from "./icon.tsx";
import { say } from "./toasts.tsx";

/** `12 min ago`, with the exact time for whoever points at it. */
export function Age({ at }: { at: string }) {
  return (
    <time className="age" dateTime={at} title={at}>
      {ago(at, useNow())}
    </time>
  );
}

export type Tone = "good" | "warn" | "bad" | "busy" | "quiet";

/** A state, as a word in its colour. */
export function Pill({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={`pill pill-${tone}`}>{children}</span>;
}

/** A commit, short; a click copies all of it. */
export function Commit({ sha, label = "commit" }: { sha: string; label?: string }) {
  return <Copied text={sha} shown={shortSha(sha)} what={label} />;
}

/** A command or a name that one wants elsewhere. */
export function Copied({ text, shown = text, what }: { text: string; shown?: string; what: string }) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), 1200);
    } catch {
      say("warn", "The browser did not let the page copy. Select the text by hand.");
    }
  };
  return (
    <button
      type="button"
      className="copied"
      onClick={copy}
      title={`Copy ${plain(text)}`}
      aria-label={`Copy ${what} ${plain(shown)}`}
    >
      <code>{plain(shown)}</code>
      <Icon name={isDone ? "check" : "copy"} size={13} />
    </button>
  );
}

/** One line of a list of facts. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A key of the keyboard. */
export function Key({ children }: { children: ReactNode }) {
  return <kbd>{children}</kbd>;
}
