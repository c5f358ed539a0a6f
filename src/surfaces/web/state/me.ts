/** Who looks at the page, and what they may do. The daemon refuses what they may not; the page does not even offer it. */
import { useEffect } from "react";
import type { Me } from "../wire.ts";
import { read, signIn } from "./api.ts";
import { createStore, useStore } from "./store.ts";

export const me = createStore<Me | null>(null);

/** Reads who it is, as soon as somebody is signed in. */
export function useMe(): Me | null {
  const known = useStore(me);
  const state = useStore(signIn);
  useEffect(() => {
    if (state !== "signed_in") return;
    void read<Me>("/me").then((answer) => {
      if (answer.kind === "answered") me.set(answer.value);
    });
  }, [state]);
  return known;
}

/** Whether the person may move the line: pause, retry, withdraw. */
export function useMayAct(): boolean {
  return useStore(me)?.role === "admin";
}
