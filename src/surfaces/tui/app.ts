/** The terminal board as an Ink application: what it is told goes to the store, what the store holds is painted. */
import { useApp, useInput, useWindowSize } from "ink";
import { createElement, type ReactElement, useEffect, useSyncExternalStore } from "react";
import { keyOf } from "./key-of.ts";
import { painted } from "./paint.ts";
import { screenOf } from "./screen.ts";
import type { Store } from "./store.ts";
import type { Suspension } from "./suspension.ts";

export type AppProps = { store: Store; suspension: Suspension; isColoured: boolean };

/** The root. It holds no state of its own. */
export function app(props: AppProps): ReactElement {
  return createElement(App, props);
}

function App({ store, suspension, isColoured }: AppProps): ReactElement {
  const state = useSyncExternalStore(store.subscribe, store.state);
  const { columns, rows } = useWindowSize();
  const { suspendTerminal } = useApp();
  useEffect(() => suspension.drawnBy(suspendTerminal), [suspension, suspendTerminal]);
  useEffect(() => {
    store.tell({ kind: "resized", columns, rows });
  }, [store, columns, rows]);
  useInput((input, key) => {
    for (const each of keyOf(input, key)) store.tell({ kind: "key", key: each });
  });
  // Drawn for the window as it is, even before the store has heard of it: a frame of the old size would be torn.
  return painted(screenOf({ ...state, columns, rows }), { columns, isColoured });
}
