/** The inbox: what people need to know, what needs them, and who has it. */
import { useDeferredValue, useState } from "react";
import { Choice } from "../parts/choice.tsx";
import { Filter } from "../parts/filter.tsx";
import { Panel } from "../parts/panel.tsx";
import { Rows } from "../parts/rows.tsx";
import { Empty, Read } from "../parts/states.tsx";
import { attentionFirst, matches } from "../standing.ts";
import { go } from "../state/location.ts";
import { useResource } from "../state/resource.ts";
import type { NotificationPage, NotificationShape } from "../wire.ts";
import { NotificationDetail, NotificationRow } from "./notification.tsx";

const kinds = {
  open: "Open",
  attention: "Needs attention",
  unseen: "Unseen",
  all: "All",
} as const;
type Kind = keyof typeof kinds;

const levels = {
  infrastructure: "All levels",
  operational: "Operational and up",
  workflow: "Workflow and up",
  business: "Business",
} as const;
type Level = keyof typeof levels;

export function InboxView({ selected }: { selected: string | null }) {
  const [kind, setKind] = useState<Kind>("open");
  const [level, setLevel] = useState<Level>("infrastructure");
  const [filter, setFilter] = useState("");
  const words = useDeferredValue(filter);
  const page = useResource<NotificationPage>(pathOf(kind, level), { touchedBy: () => true });
  return (
    <div className="inbox-view">
      <h1 className="hidden">Inbox</h1>
      <div className="bar-of-filters">
        <Choice name="Show" options={kinds} value={kind} change={setKind} />
        <label className="select">
          <span className="hidden">Level</span>
          <select value={level} onChange={(event) => setLevel(levelOf(event.target.value))}>
            {Object.entries(levels).map(([name, words]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <Filter value={filter} change={setFilter} what="title or text" />
      </div>
      <Read of={page}>
        {({ items }) => {
          const shown = items.filter(
            (one) =>
              matches(words, one.title, one.body, one.group) &&
              (kind !== "unseen" || one.human_status === "unseen"),
          );
          return <Split items={attentionFirst(shown)} selected={selected} />;
        }}
      </Read>
    </div>
  );
}

function Split({ items, selected }: { items: NotificationShape[]; selected: string | null }) {
  const open = items.find(({ id }) => id === selected) ?? null;
  return (
    <div className={`split ${open === null ? "" : "split-open"}`}>
      <Panel
        title="Notifications"
        count={items.length}
        className={items.length === 0 ? "panel-none" : "panel-rows"}
      >
        {items.length === 0 ? (
          <Empty title="Nothing here.">
            <p className="dim">What needs a person appears here, and on every other surface, by itself.</p>
          </Empty>
        ) : (
          <Rows items={items} label="Notifications" rowHeight={74} keyOf={({ id }) => id}>
            {(one) => <NotificationRow notification={one} isSelected={one.id === selected} />}
          </Rows>
        )}
      </Panel>
      {open === null ? (
        <div className="split-none">
          <Empty title={items.length === 0 ? "All is well." : "Choose a notification."} />
        </div>
      ) : (
        <NotificationDetail notification={open} close={() => go({ view: "inbox", id: null })} />
      )}
    </div>
  );
}

function pathOf(kind: Kind, level: Level): string {
  const asked = new URLSearchParams({ limit: "500", level });
  if (kind === "all") asked.set("all", "true");
  if (kind === "attention") asked.set("needs_attention", "true");
  return `/notifications?${asked}`;
}

function levelOf(value: string): Level {
  return value === "operational" || value === "workflow" || value === "business" ? value : "infrastructure";
}
