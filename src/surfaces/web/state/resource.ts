/** What a view reads beside the board: read when it is opened, and again when an event says that it may be old. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { EventShape } from "../wire.ts";
import { type Answer, type Refusal, read } from "./api.ts";
import { listen } from "./live.ts";

export type Resource<T> = {
  /** The newest that was read, also while it is read again; null before. */
  value: T | null;
  refusal: Refusal | null;
  isLoading: boolean;
  reload(): void;
};

type Options<T> = {
  /** Whether an event makes what was read old. Without it, nothing but `reload` does. */
  touchedBy?: (event: EventShape) => boolean;
  /** How it is read; JSON by default. */
  reader?: (path: string, signal: AbortSignal) => Promise<Answer<T>>;
};

/** Bursts of events are one reading. */
const settleMs = 150;

/** Reads `path`, now and whenever it is touched. Null reads nothing. */
export function useResource<T>(
  path: string | null,
  { touchedBy, reader = read }: Options<T> = {},
): Resource<T> {
  const [state, setState] = useState<{ path: string | null; value: T | null; refusal: Refusal | null }>(none);
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const how = useRef({ touchedBy, reader });
  how.current = { touchedBy, reader };

  useEffect(() => {
    if (path === null) return;
    const over = new AbortController();
    // `turn` is named so that a new one reads again.
    void turn;
    how.current.reader(path, over.signal).then(
      (answer) => {
        if (over.signal.aborted) return;
        if (answer.kind === "answered") setState({ path, value: answer.value, refusal: null });
        else
          setState((before) => ({
            path,
            value: before.path === path ? before.value : null,
            refusal: answer.refusal,
          }));
      },
      () => {},
    );
    return () => over.abort();
  }, [path, turn]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = listen((event) => {
      if (event !== null && how.current.touchedBy?.(event) !== true) return;
      clearTimeout(timer);
      timer = setTimeout(reload, settleMs);
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [reload]);

  const isCurrent = state.path === path;
  return {
    value: isCurrent ? state.value : null,
    refusal: isCurrent ? state.refusal : null,
    isLoading: path !== null && !isCurrent,
    reload,
  };
}

const none = { path: null, value: null, refusal: null };
