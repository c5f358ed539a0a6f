/** The line: everything that is on its way to main, and what arrived. */
import { type ReactNode, useDeferredValue, useState } from "react";
import { shortSha } from "../format.ts";
import { commitHref } from "../links.ts";
import { Elsewhere } from "../parts/bits.tsx";
import { Filter } from "../parts/filter.tsx";
import { Panel } from "../parts/panel.tsx";
import { Rows } from "../parts/rows.tsx";
import { Empty } from "../parts/states.tsx";
import { Track } from "../parts/track.tsx";
import { aspectOf, filtered, keyOf, missingOf, sentenceOf, standingOf } from "../standing.ts";
import { board as boardNow } from "../state/live.ts";
import { useStore } from "../state/store.ts";
import type { Board, Train } from "../wire.ts";
import { CandidateRow } from "./candidate-row.tsx";
import { OnTheLine } from "./on-the-line.tsx";

export function LineView({ board }: { board: Board }) {
  const [filter, setFilter] = useState("");
  const { queued, not_ready, siding, landed } = filtered(board.line, useDeferredValue(filter));
  return (
    <div className="line-view">
      <h1 className="hidden">The line</h1>
      <p className="hidden">{sentenceOf(board)}</p>
      <Track standing={standingOf(board.line)} aspect={aspectOf(board)} />
      <Filter value={filter} change={setFilter} what="slug, branch or commit" />
      <div className="columns">
        <div className="column column-before">
          <Trains
            title="Queued"
            trains={queued}
            draw={drawQueued}
            none={<Empty title="Nobody waits in line." />}
          />
          <Trains
            title="Not ready"
            trains={not_ready}
            draw={drawNotReady}
            none={<Empty title="No candidate waits for anything." />}
          />
        </div>
        <div className="column column-now">
          <OnTheLine board={board} />
          <Trains
            title="Blocked"
            trains={siding}
            draw={drawBlocked}
            none={<Empty title="Nothing is blocked." />}
          />
        </div>
        <div className="column column-after">
          <Trains title="Landed" trains={landed} draw={drawLanded} none={<NoneLanded />} />
        </div>
      </div>
    </div>
  );
}

type TrainsProps = { title: string; trains: Train[]; draw: (train: Train) => ReactNode; none: ReactNode };

const rowHeight = 58;

function Trains({ title, trains, draw, none }: TrainsProps) {
  const isNone = trains.length === 0;
  return (
    <Panel title={title} count={trains.length} className={isNone ? "panel-none" : "panel-rows"}>
      {isNone ? (
        none
      ) : (
        <Rows items={trains} label={title} rowHeight={rowHeight} keyOf={keyOf}>
          {draw}
        </Rows>
      )}
    </Panel>
  );
}

function drawQueued(train: Train) {
  const lead = train.position === null ? "–" : String(train.position);
  return <CandidateRow slug={train.slug} lead={lead} detail={train.why} at={train.ready_at} tone="busy" />;
}

function drawNotReady(train: Train) {
  const { name, detail } = missingOf(train);
  return <CandidateRow slug={train.slug} tag={name} detail={detail} at={train.since} tone="warn" />;
}

function drawBlocked({ slug, reason, why, since }: Train) {
  return <CandidateRow slug={slug} tag={reason} detail={why} at={since} tone="bad" />;
}

function drawLanded({ slug, merge_commit, branch, since }: Train) {
  const detail = merge_commit === null ? branch : `${shortSha(merge_commit)} · ${branch}`;
  const row = <CandidateRow slug={slug} detail={detail} at={since} tone="good" />;
  return merge_commit === null ? row : <Landed commit={merge_commit}>{row}</Landed>;
}

/** A landed one with the way to its commit; a link in a link is none. */
function Landed({ commit, children }: { commit: string; children: ReactNode }) {
  const links = useStore(boardNow)?.links ?? null;
  return (
    <div className="row-pair">
      {children}
      <Elsewhere href={commitHref(links, commit)} what={`commit ${shortSha(commit)}`} />
    </div>
  );
}

function NoneLanded() {
  return (
    <Empty title="Nothing has landed yet.">
      <p className="dim">From a branch:</p>
      <p>
        <code>signalbox submit --approved-by me</code>
      </p>
    </Empty>
  );
}
