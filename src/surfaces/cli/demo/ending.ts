/** Pure. The last page of the demo: what happened, and how to look closer. */
import { type Line, styled } from "../../text.ts";
import type { Progress } from "./telling.ts";

export type Kept = { folder: string; clone: string; variables: Readonly<Record<string, string>> };

/** `history` is main's first-parent log, newest first; `kept` is where it still is, or null. */
export function endingLines(progress: Progress, history: readonly string[], kept: Kept | null): Line[] {
  const blocked = progress.blocked.length;
  return [
    [],
    [styled("strong", "main"), styled("dim", ", newest first")],
    ...history.map((commit): Line => ["  ", commit]),
    [],
    [
      styled("good", `${progress.integrated.length} integrated`),
      ", ",
      styled("bad", `${blocked} blocked`),
      " on the way and resolved by its worker. Nobody but the integrator pushed main.",
    ],
    [],
    ...(kept === null ? closer() : around(kept)),
  ];
}

function closer(): Line[] {
  return [
    ["The sandbox is gone. To look around in one:  ", styled("accent", "signalbox demo --keep")],
    ["In a repository of your own:  ", styled("accent", "signalbox init && signalbox up --detach")],
    ["then, from a branch:  ", styled("accent", "signalbox submit --approved-by me --wait")],
  ];
}

function around({ folder, clone, variables }: Kept): Line[] {
  const exports = Object.entries(variables).map(([name, value]): Line => ["  export ", `${name}=${value}`]);
  return [
    ["The sandbox still runs. To look around:"],
    ["  cd ", clone],
    ...exports,
    ["  signalbox status; signalbox queue; signalbox events; signalbox verify"],
    ["To end it:  ", styled("accent", "signalbox down"), `, then remove ${folder}`],
  ];
}
