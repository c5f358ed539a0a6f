/** Sessions: who works, on what, since when, and what they print. */
import { useState } from "react";
import { ageMs, lasting, plain } from "../format.ts";
import { Age, Copied, Fact, Pill, type Tone } from "../parts/bits.tsx";
import { Filter } from "../parts/filter.tsx";
import { Icon } from "../parts/icon.tsx";
import { LogTail } from "../parts/log-tail.tsx";
import { Panel } from "../parts/panel.tsx";
import { Rows } from "../parts/rows.tsx";
import { Empty, Read } from "../parts/states.tsx";
import { hrefOf } from "../routes.ts";
import { matches } from "../standing.ts";
import { board } from "../state/live.ts";
import { go } from "../state/location.ts";
import { useNow } from "../state/now.ts";
import { useResource } from "../state/resource.ts";
import { useStore } from "../state/store.ts";
import type { SessionShape } from "../wire.ts";

export function SessionsView({ selected }: { selected: string | null }) {
  const [filter, setFilter] = useState("");
  const sessions = useResource<SessionShape[]>("/sessions?all=true", {
    touchedBy: ({ type }) => type.includes(".session."),
  });
  const running = useStore(board)?.sessions.length ?? 0;
  return (
    <div className="sessions-view">
      <div className="view-head">
        <h1>Sessions</h1>
        <span className="dim">{running} running</span>
        <Filter value={filter} change={setFilter} what="role, slug or id" />
      </div>
      <Read of={sessions}>
        {(all) => {
          const shown = all.filter((one) => matches(filter, one.session_id, one.role, one.slug, one.state));
          return <Split sessions={shown} selected={selected} />;
        }}
      </Read>
    </div>
  );
}

function Split({ sessions, selected }: { sessions: SessionShape[]; selected: string | null }) {
  const open = sessions.find(({ session_id }) => session_id === selected) ?? null;
  return (
    <div className={`split ${open === null ? "" : "split-open"}`}>
      <Panel
        title="All"
        count={sessions.length}
        className={sessions.length === 0 ? "panel-none" : "panel-rows"}
      >
        {sessions.length === 0 ? (
          <Empty title="No session has run yet." />
        ) : (
          <Rows items={sessions} label="Sessions" rowHeight={58} keyOf={({ session_id }) => session_id}>
            {(session) => <SessionRow session={session} isSelected={session.session_id === selected} />}
          </Rows>
        )}
      </Panel>
      {open === null ? (
        <div className="split-none">
          <Empty title="Choose a session to see what it prints." />
        </div>
      ) : (
        <Whole key={open.session_id} session={open} />
      )}
    </div>
  );
}

function toneOf({ state, exit_code }: SessionShape): Tone {
  if (state === "running") return "busy";
  if (state === "lost" || (exit_code !== null && exit_code !== 0)) return "bad";
  return state === "ended" ? "good" : "quiet";
}

function SessionRow({ session, isSelected }: { session: SessionShape; isSelected: boolean }) {
  const { session_id, role, slug, state, created_at, last_line } = session;
  return (
    <a
      href={hrefOf({ view: "sessions", id: session_id })}
      className={`row row-${toneOf(session)}`}
      aria-current={isSelected ? "true" : undefined}
      data-row
    >
      <span className="row-lead" aria-hidden="true" />
      <span className="row-main">
        <span className="row-top">
          <strong>
            {plain(role)} {slug !== null && <span className="dim">{plain(slug)}</span>}
          </strong>
          <Age at={created_at} />
        </span>
        <span className="row-detail">
          <span className={`tag tag-${toneOf(session)}`}>{state}</span>
          {plain(last_line ?? session_id)}
        </span>
      </span>
    </a>
  );
}

function Whole({ session }: { session: SessionShape }) {
  const { session_id, role, worktree, command, why } = session;
  return (
    <Panel
      title={plain(role)}
      acts={
        <button
          type="button"
          className="plain"
          onClick={() => go({ view: "sessions", id: null })}
          aria-label="Close"
        >
          <Icon name="cross" />
        </button>
      }
    >
      <Course session={session} />
      {why !== null && <p>{plain(why)}</p>}
      <dl className="facts">
        <Fact name="Id">
          <Copied text={session_id} what="session id" />
        </Fact>
        {worktree !== null && (
          <Fact name="Worktree">
            <Copied text={worktree} what="path" />
          </Fact>
        )}
        <Fact name="Command">
          <code className="command">{plain(command.join(" "))}</code>
        </Fact>
      </dl>
      <LogTail
        session={session_id}
        lines={400}
        label={`What ${role} prints`}
        silent="It has printed nothing."
      />
    </Panel>
  );
}

/** How it went, or goes. */
function Course({ session }: { session: SessionShape }) {
  const now = useNow();
  const { slug, state, started_at, ended_at, pid, exit_code, signal } = session;
  const until = ended_at === null ? now : Date.parse(ended_at);
  return (
    <p className="row-tags">
      <Pill tone={toneOf(session)}>{state}</Pill>
      {slug !== null && <a href={hrefOf({ view: "candidate", slug })}>{plain(slug)}</a>}
      {started_at !== null && <span className="dim">{lasting(ageMs(started_at, until))}</span>}
      {pid !== null && <span className="dim">pid {pid}</span>}
      {exit_code !== null && <span className="dim">exit {exit_code}</span>}
      {signal !== null && <span className="dim">{signal}</span>}
    </p>
  );
}
