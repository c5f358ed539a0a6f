/** The log: what was said, as it is said; and the schema of every type. */
import { useMemo, useState } from "react";
import { merged } from "../event-list.ts";
import { plain, shortType, speaker } from "../format.ts";
import { Age, Copied } from "../parts/bits.tsx";
import { Filter } from "../parts/filter.tsx";
import { Icon } from "../parts/icon.tsx";
import { Panel } from "../parts/panel.tsx";
import { Rows } from "../parts/rows.tsx";
import { Empty, Read } from "../parts/states.tsx";
import { hrefOf } from "../routes.ts";
import { matches } from "../standing.ts";
import { log } from "../state/live.ts";
import { go } from "../state/location.ts";
import { useResource } from "../state/resource.ts";
import { useStore } from "../state/store.ts";
import type { EventPage, EventShape, EventTypeShape } from "../wire.ts";
import { Schema } from "./schema.tsx";

type Props = { type: string | null; slug: string | null };

export function EventsView({ type, slug }: Props) {
  const [filter, setFilter] = useState("");
  const [open, setOpen] = useState<string | null>(null);
  const types = useResource<EventTypeShape[]>("/events/types");
  const page = useResource<EventPage>(pathOf({ type, slug }));
  const newest = useStore(log);
  const known = types.value ?? [];
  return (
    <div className="events-view">
      <h1 className="hidden">Events</h1>
      <div className="bar-of-filters">
        <label className="select">
          <span className="hidden">Type</span>
          <select
            value={type ?? ""}
            onChange={({ target }) => go({ view: "events", type: target.value || null, slug })}
          >
            <option value="">All types</option>
            {known.map((one) => (
              <option key={one.type} value={one.type}>
                {shortType(one.type)}
              </option>
            ))}
          </select>
        </label>
        {slug !== null && (
          <a className="chip" href={hrefOf({ view: "events", type, slug: null })}>
            {plain(slug)} <Icon name="cross" size={12} />
            <span className="hidden">: show all slugs</span>
          </a>
        )}
        <Filter value={filter} change={setFilter} what="anything in the event" />
      </div>
      <div className="split split-events">
        <Read of={page}>
          {({ items }) => (
            <Log
              events={merged(items, newest, { type, slug })}
              filter={filter}
              open={open}
              choose={setOpen}
            />
          )}
        </Read>
        <Beside
          types={known}
          type={type}
          event={[...newest, ...(page.value?.items ?? [])].find(({ id }) => id === open)}
        />
      </div>
    </div>
  );
}

type LogProps = {
  events: readonly EventShape[];
  filter: string;
  open: string | null;
  choose(id: string): void;
};

function Log({ events, filter, open, choose }: LogProps) {
  const shown = useMemo(
    () =>
      filter.trim() === ""
        ? events
        : events.filter((event) =>
            matches(filter, event.type, event.subject ?? "", event.id, JSON.stringify(event.data)),
          ),
    [events, filter],
  );
  return (
    <Panel title="Log" count={shown.length} className={shown.length === 0 ? "panel-none" : "panel-rows"}>
      {shown.length === 0 ? (
        <Empty title="No event fits." />
      ) : (
        <Rows items={shown} label="Events, newest first" rowHeight={46} keyOf={({ id }) => id}>
          {(event) => (
            <button
              type="button"
              className={`row row-event level-${event.eventlevel}`}
              aria-pressed={event.id === open}
              onClick={() => choose(event.id)}
              data-row
            >
              <span className="row-lead" aria-hidden="true" />
              <span className="row-main">
                <span className="row-top">
                  <code>{shortType(event.type)}</code>
                  <Age at={event.time} />
                </span>
                <span className="row-detail">
                  {event.subject === undefined ? "" : `${plain(event.subject)} · `}
                  {plain(speaker(event.source))}
                </span>
              </span>
            </button>
          )}
        </Rows>
      )}
    </Panel>
  );
}

type BesideProps = { types: readonly EventTypeShape[]; type: string | null; event: EventShape | undefined };

/** The event that was chosen, then the schema of its type; without one, the schema of the chosen type. */
function Beside({ types, type, event }: BesideProps) {
  const wanted = event?.type ?? type;
  const found = types.find((one) => one.type === wanted);
  return (
    <div className="column">
      {event && <Whole event={event} />}
      {found ? (
        <Schema key={found.type} type={found} />
      ) : (
        event === undefined && (
          <Empty title={`${types.length} types of events.`}>
            Choose an event, or a type, to see its schema.
          </Empty>
        )
      )}
    </div>
  );
}

function Whole({ event }: { event: EventShape }) {
  const text = JSON.stringify(event, null, 2);
  return (
    <Panel title={shortType(event.type)} acts={<Copied text={text} shown="Copy" what="event" />}>
      {event.subject !== undefined && (
        <p>
          <a href={hrefOf({ view: "candidate", slug: event.subject })}>
            Open {plain(event.subject)} <Icon name="arrow" size={13} />
          </a>
        </p>
      )}
      <pre className="payload">{plain(text)}</pre>
    </Panel>
  );
}

function pathOf({ type, slug }: Props): string {
  const asked = new URLSearchParams({ before: "", limit: "500" });
  if (type !== null) asked.set("type", type);
  if (slug !== null) asked.set("slug", slug);
  return `/events?${asked}`;
}
