/** The end of a session's log, read again while it is looked at. */
import { useEffect, useRef } from "react";
import { every } from "../clock.ts";
import { plain } from "../format.ts";
import { readText } from "../state/api.ts";
import { useResource } from "../state/resource.ts";
import { Empty } from "./states.tsx";

type Props = {
  session: string;
  lines: number;
  label: string;
  /** What is said of a session that has printed nothing; nothing by default. */
  silent?: string;
};

/** A log says nothing of itself: it has to be asked. Ms. */
const askEveryMs = 1000;

export function LogTail({ session, lines, label, silent }: Props) {
  const path = `/sessions/${encodeURIComponent(session)}/log?tail=${lines}`;
  const { value, refusal, reload } = useResource<string>(path, { reader: readText });
  const frame = useRef<HTMLElement>(null);
  const isAtEnd = useRef(true);
  useEffect(
    () =>
      every(askEveryMs, () => {
        if (!document.hidden) reload();
      }),
    [reload],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: a longer text is what moves the end.
  useEffect(() => {
    const element = frame.current;
    if (element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [value]);
  const onScroll = () => {
    const element = frame.current;
    if (element !== null)
      isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
  };
  if (refusal !== null && value === null) return null;
  if (value === null) return null;
  if (value.trim() === "") return silent === undefined ? null : <Empty title={silent} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard.
    <section ref={frame} className="log" tabIndex={0} aria-label={label} onScroll={onScroll}>
      <pre>{plain(value)}</pre>
    </section>
  );
}
