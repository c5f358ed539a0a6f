/** Pure: holds what the product did with a merge against what git itself says of it. */

/** What git answers, asked independently. */
export type GitAnswer =
  | { kind: "clean"; tree: string }
  /** Main has it already, or merging it would change nothing. */
  | { kind: "nothing_to_do" }
  | { kind: "conflicting" }
  | { kind: "unrelated" };

/** What the product did. */
export type Landed =
  | { kind: "merged"; tree: string }
  | { kind: "already_on_main" }
  | { kind: "blocked"; reason: string };

export type Verdict =
  | "identical"
  | "blocked"
  | "already_on_main"
  | "unrelated"
  /** Blocked by a rule of ours (size, unsafe paths), whatever git thinks. */
  | "refused"
  | "differs";

export function verdictOf(git: GitAnswer, ours: Landed): Verdict {
  if (ours.kind === "blocked" && !["conflict", "unrelated_history", "internal"].includes(ours.reason))
    return "refused";
  switch (git.kind) {
    case "clean":
      return ours.kind === "merged" && ours.tree === git.tree ? "identical" : "differs";
    case "nothing_to_do":
      return ours.kind === "already_on_main" ? "already_on_main" : "differs";
    case "conflicting":
      return ours.kind === "blocked" && ours.reason === "conflict" ? "blocked" : "differs";
    case "unrelated":
      return ours.kind === "blocked" && ours.reason === "unrelated_history" ? "unrelated" : "differs";
    default:
      return git satisfies never;
  }
}

export type Counts = {
  merges: number;
  clean: number;
  identical_to_git: number;
  /** Of these, as many have the very tree that history has: the author of the merge edited nothing. */
  identical_to_history: number;
  conflicting: number;
  blocked: number;
  already_on_main: number;
  unrelated: number;
  refused: number;
  differs: number;
};

export const noCounts: Counts = {
  merges: 0,
  clean: 0,
  identical_to_git: 0,
  identical_to_history: 0,
  conflicting: 0,
  blocked: 0,
  already_on_main: 0,
  unrelated: 0,
  refused: 0,
  differs: 0,
};

/** The counts with one more merge. `historyTree` is the tree that its author made. */
export function counted(
  counts: Counts,
  { git, ours, historyTree }: { git: GitAnswer; ours: Landed; historyTree: string },
): Counts {
  const verdict = verdictOf(git, ours);
  const identical = verdict === "identical" && git.kind === "clean";
  const plus = (holds: boolean) => (holds ? 1 : 0);
  return {
    merges: counts.merges + 1,
    clean: counts.clean + plus(git.kind === "clean"),
    identical_to_git: counts.identical_to_git + plus(identical),
    identical_to_history: counts.identical_to_history + plus(identical && git.tree === historyTree),
    conflicting: counts.conflicting + plus(git.kind === "conflicting"),
    blocked: counts.blocked + plus(verdict === "blocked"),
    already_on_main: counts.already_on_main + plus(verdict === "already_on_main"),
    unrelated: counts.unrelated + plus(verdict === "unrelated"),
    refused: counts.refused + plus(verdict === "refused"),
    differs: counts.differs + plus(verdict === "differs"),
  };
}
