/** Holds the state: every piece of news changes it by the pure rules, and what is to be done is handed on. */
import type { TuiState } from "./state.ts";
import { type Effect, type News, updated } from "./update.ts";

export type Store = {
  state(): TuiState;
  tell(news: News): void;
  /** Calls `listener` after every change; the answer ends that. */
  subscribe(listener: () => void): () => void;
};

/** A store that begins with `first`. `perform` is called once for each effect, in order. */
export function openStore(first: TuiState, perform: (effect: Effect) => void): Store {
  let current = first;
  const listeners = new Set<() => void>();
  return {
    state: () => current,
    tell(news) {
      const { state, effects } = updated(current, news);
      if (state !== current) {
        current = state;
        for (const listener of listeners) listener();
      }
      for (const effect of effects) perform(effect);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
