/** What happened to a candidate, the newest first: its events, and the moves of the queue that came of them. */
import { useState } from "react";
import { actor, plain, shortType, speaker, words } from "../format.ts";
import { Age } from "../parts/bits.tsx";
import { Icon } from "../parts/icon.tsx";
import { Panel } from "../parts/panel.tsx";
import { hrefOf } from "../routes.ts";
import type { EventShape } from "../wire.ts";

type Move = { from: string | null; to: string; at: string; by: string; reason: string };
type Props = { slug: string; events: readonly EventShape[]; moves: readonly Move[] };
type Entry = { key: string; at: string; title: string; by: string; event: EventShape | null };

const shownFirst = 40;

export function Timeline({ slug, events, moves }: Props) {
  const [isWhole, setWhole] = useState(false);
  const entries = entriesOf(events, moves);
  const shown = isWhole ? entries : entries.slice(0, shownFirst);
  return (
    <Panel
      title="Timeline"
      count={entries.length}
      acts={
        <a href={hrefOf({ view: "events", type: null, slug })}>
          All events <Icon name="arrow" size={13} />
        </a>
      }
    >
      <ol className="timeline">
        {shown.map((entry) => (
          <li key={entry.key} className={entry.event === null ? "is-move" : ""}>
            <Moment entry={entry} />
          </li>
        ))}
      </ol>
      {entries.length > shown.length && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {entries.length}
        </button>
      )}
    </Panel>
  );
}

function Moment({ entry: { title, at, by, event } }: { entry: Entry }) {
  const head = (
    <>
      <span className="moment-title">{plain(title)}</span>
      <span className="dim moment-by">{plain(by)}</span>
      <Age at={at} />
    </>
  );
  if (event === null) return <p className="moment">{head}</p>;
  return (
    <details>
      <summary className="moment">{head}</summary>
      <pre className="payload">{plain(JSON.stringify(event.data, null, 2))}</pre>
    </details>
  );
}

function entriesOf(events: readonly EventShape[], moves: readonly Move[]): Entry[] {
  const said = events.map(
    (event): Entry => ({
      key: event.id,
      at: event.time,
      title: shortType(event.type),
      by: speaker(event.source),
      event,
    }),
  );
  const moved = moves.map(
    ({ from, to, at, by, reason }, place): Entry => ({
      key: `move ${place}`,
      at,
      title: `${from === null ? "" : `${words(from)} → `}${words(to)}${reason === "" ? "" : `: ${reason}`}`,
      by: actor(by),
      event: null,
    }),
  );
  return [...said, ...moved].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
