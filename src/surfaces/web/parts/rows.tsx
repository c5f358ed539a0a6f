/** A list of any length that draws only what can be seen. Rows are of one height: nothing moves while it is scrolled. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useRef } from "react";

type Props<T> = {
  items: readonly T[];
  label: string;
  /** In px. */
  rowHeight: number;
  keyOf: (item: T) => string;
  children: (item: T) => ReactNode;
};

export function Rows<T>({ items, label, rowHeight, keyOf, children }: Props<T>) {
  const frame = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    getItemKey: (at) => {
      const item = items[at];
      return item === undefined ? at : keyOf(item);
    },
    overscan: 8,
    useFlushSync: false,
  });
  return (
    <div ref={frame} className="rows">
      <ul aria-label={label} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => {
          const item = items[row.index];
          if (item === undefined) return null;
          return (
            <li
              key={row.key}
              aria-setsize={items.length}
              aria-posinset={row.index + 1}
              style={{ height: row.size, transform: `translateY(${row.start}px)` }}
            >
              {children(item)}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
