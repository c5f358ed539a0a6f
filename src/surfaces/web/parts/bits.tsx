/** The smallest parts: an age, a commit, a state, a code to copy. */
import type { ReactNode } from "react";
import { useState } from "react";
import { ago, plain, shortSha } from "../format.ts";
import { branchHref, commitHref } from "../links.ts";
import { board } from "../state/live.ts";
import { useNow } from "../state/now.ts";
import { useStore } from "../state/store.ts";
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

/** A commit, short; a click copies all of it, and the arrow beside it leads to where the forge shows it. */
export function Commit({ sha, label = "commit" }: { sha: string; label?: string }) {
  const links = useStore(board)?.links ?? null;
  return (
    <span className="linked">
      <Copied text={sha} shown={shortSha(sha)} what={label} />
      <Elsewhere href={commitHref(links, sha)} what={`${label} ${shortSha(sha)}`} />
    </span>
  );
}

/** A branch; a click copies its name. `isThere`: the remote has it still. */
export function Branch({ name, isThere }: { name: string; isThere: boolean }) {
  const links = useStore(board)?.links ?? null;
  return (
    <span className="linked">
      <Copied text={name} what="branch" />
      {isThere && <Elsewhere href={branchHref(links, name)} what={`branch ${name}`} />}
    </span>
  );
}

/** A way out to the forge, in a tab of its own that learns nothing of this page; nothing where there is none. */
export function Elsewhere({ href, what }: { href: string | null; what: string }) {
  if (href === null) return null;
  const { host } = new URL(href);
  const name = `${plain(what)} at ${host}`;
  return (
    <a
      className="elsewhere"
      href={href}
      target="_blank"
      rel="noopener noreferrer"
      title={name}
      aria-label={name}
    >
      <Icon name="out" size={13} />
    </a>
  );
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
