/** Pure. The keys, as `?` shows them. */
import { type Line, styled } from "../text.ts";
import { cell } from "./cells.ts";

const groups: readonly (readonly [
  title: string,
  keys: readonly (readonly [keys: string, does: string])[],
])[] = [
  [
    "Move",
    [
      ["j k  ↓ ↑", "down, up"],
      ["g G  home end", "first, last"],
      ["^d ^u  pgdn pgup", "half a page; a page"],
      ["1 2 3 4", "line, inbox, sessions, log"],
      ["tab  h l  ← →", "the next view, the one before"],
    ],
  ],
  [
    "Look",
    [
      ["enter", "open what is selected"],
      ["esc", "back; clear the filter"],
      ["/", "filter; enter keeps it, esc clears it"],
      ["?", "this page"],
    ],
  ],
  [
    "Act",
    [
      ["r", "retry: queue a blocked branch again"],
      ["a", "acknowledge: seen, and yours"],
      ["p", "pause the queue, or resume it"],
      ["q  ^c", "leave; ^z: stop until fg"],
    ],
  ],
];

/** In two columns where there is room for them. */
export function helpLines(width: number): Line[] {
  const blocks = groups.map(([title, keys]): Line[] => [
    [styled("accent", title)],
    ...keys.map(([name, does]): Line => ["  ", styled("strong", name.padEnd(18)), does]),
    [],
  ]);
  if (width < 120) return blocks.flat();
  const half = Math.floor(width / 2);
  const [left = [], ...rest] = blocks;
  const right = rest.flat();
  return Array.from(
    { length: Math.max(left.length, right.length) },
    (_, at): Line => [...cell(left[at] ?? [], half), ...(right[at] ?? [])],
  );
}
