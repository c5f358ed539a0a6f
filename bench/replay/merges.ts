/** Which merges of a history are replayed. Pure, but for asking git. */

export type HistoricMerge = {
  merge: string;
  /** Main before it. */
  first: string;
  /** The branch that came in. */
  second: string;
};

export type Selection = {
  /** In order: each merge's first parent is on one line. `each`: any merges, every one for itself. */
  mode: "in_order" | "each";
  merges: HistoricMerge[];
  /** Merges of more than two parents, which are nobody's single branch. */
  octopus: number;
};

/** Below this, the first-parent line has too few merges to say much, and all merges are taken, each for itself. */
const fewest = 200;

/**
 * The merges of `tip`'s first-parent line, oldest first; all merges, each for itself, where `all` or where the line has
 * fewer than 200. `last`: only the newest so many.
 */
export async function selectMerges(
  revList: (...args: string[]) => Promise<string>,
  { tip, all, last }: { tip: string; all: boolean; last: number | null },
): Promise<Selection> {
  const line = parseParents(await revList("--merges", "--first-parent", "--reverse", "--parents", tip));
  const each = all || (line.merges.length < fewest && last === null);
  const chosen = each
    ? parseParents(await revList("--merges", "--topo-order", "--reverse", "--parents", tip))
    : line;
  const merges = last === null ? chosen.merges : chosen.merges.slice(-last);
  return { mode: each ? "each" : "in_order", merges, octopus: chosen.octopus };
}

/** Pure: the lines of `rev-list --parents`. */
export function parseParents(text: string): { merges: HistoricMerge[]; octopus: number } {
  const rows = text
    .split("\n")
    .filter((row) => row !== "")
    .map((row) => row.split(" "));
  const merges = rows
    .filter((row) => row.length === 3)
    .map(([merge = "", first = "", second = ""]) => ({ merge, first, second }));
  return { merges, octopus: rows.filter((row) => row.length > 3).length };
}
