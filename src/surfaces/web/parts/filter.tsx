/** The view's filter: `/` goes there, Escape empties and leaves it. */
import { type KeyboardEvent, useRef } from "react";

type Props = { value: string; change(next: string): void; what: string };

export function Filter({ value, change, what }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const onKey = ({ key }: KeyboardEvent) => {
    if (key !== "Escape") return;
    change("");
    field.current?.blur();
  };
  return (
    <label className="filter">
      <span className="hidden">Filter by {what}</span>
      <input
        ref={field}
        type="search"
        data-filter
        value={value}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKey}
        placeholder={`Filter by ${what}`}
        autoComplete="off"
        spellCheck={false}
      />
      <kbd>/</kbd>
    </label>
  );
}
