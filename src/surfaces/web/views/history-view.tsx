/** What was: landings a day, how long they took, what stopped them, how long the queue was. */
import { useState } from "react";
import { lasting, roughly, words } from "../format.ts";
import { Fact } from "../parts/bits.tsx";
import { Choice } from "../parts/choice.tsx";
import { Panel } from "../parts/panel.tsx";
import { Plot } from "../parts/plot.tsx";
import { Empty, Read } from "../parts/states.tsx";
import { barsOf, type Plotted, stepsOf } from "../plots.ts";
import { useResource } from "../state/resource.ts";
import type { HistoryShape } from "../wire.ts";

const spans = { "7": "7 days", "30": "30 days", "90": "90 days" } as const;

export function HistoryView() {
  const [days, setDays] = useState<keyof typeof spans>("30");
  const history = useResource<HistoryShape>(`/history?days=${days}`, {
    touchedBy: ({ type }) => /\.(deployment\.(completed|failed)|candidate\.(queued|dequeued))$/.test(type),
  });
  return (
    <div className="history-view">
      <div className="view-head">
        <h1>History</h1>
        <Choice name="Days" options={spans} value={days} change={setDays} />
      </div>
      <Read of={history}>{(value) => <Plots history={value} />}</Read>
    </div>
  );
}

function Plots({ history }: { history: HistoryShape }) {
  const { per_day, durations, depth } = history;
  const landed = per_day.reduce((sum, day) => sum + day.landed, 0);
  const blocked = per_day.reduce((sum, day) => sum + day.blocked, 0);
  return (
    <>
      <dl className="figures">
        <Fact name="Landed">{landed.toLocaleString("en")}</Fact>
        <Fact name="Blocked">{blocked.toLocaleString("en")}</Fact>
        <Fact name="Ready to landed, median">{seconds(durations.p50_s)}</Fact>
        <Fact name="95 of 100 within">{seconds(durations.p95_s)}</Fact>
      </dl>
      <div className="plots">
        <Panel title="Landings a day">
          <PlotOrNone
            plotted={barsOf(
              "Day",
              per_day.map(({ day, landed, blocked }) => ({ name: day, values: [landed, blocked] })),
              [
                { name: "landed", tone: "good" },
                { name: "blocked", tone: "bad" },
              ],
            )}
            isEmpty={landed + blocked === 0}
          />
        </Panel>
        <Panel title="From ready to landed">
          <PlotOrNone
            plotted={barsOf("Within", bucketsOf(durations.buckets), [{ name: "landings", tone: "busy" }])}
            isEmpty={durations.buckets.every(({ count }) => count === 0)}
          />
        </Panel>
        <Panel title="Queue depth">
          <PlotOrNone
            plotted={stepsOf(
              depth.map(({ at, queued }) => ({ at, value: queued })),
              "queued",
            )}
            isEmpty={depth.length < 2}
          />
        </Panel>
        <Panel title="Blocked by reason">
          <Reasons reasons={history.blocked_by_reason} />
        </Panel>
      </div>
    </>
  );
}

function PlotOrNone({ plotted, isEmpty }: { plotted: Plotted; isEmpty: boolean }) {
  return isEmpty ? <Empty title="Nothing in this time." /> : <Plot plotted={plotted} />;
}

function Reasons({ reasons }: { reasons: HistoryShape["blocked_by_reason"] }) {
  if (reasons.length === 0) return <Empty title="Nothing was blocked." />;
  const most = Math.max(...reasons.map(({ count }) => count));
  return (
    <table className="reasons">
      <thead className="hidden">
        <tr>
          <th>Reason</th>
          <th>Share</th>
          <th>Times</th>
        </tr>
      </thead>
      <tbody>
        {reasons.map(({ reason, count }) => (
          <tr key={reason}>
            <th scope="row">{words(reason)}</th>
            <td className="reason-bar">
              <meter min={0} max={most} value={count} aria-label={`${words(reason)}: ${count}`} />
            </td>
            <td>{count}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function seconds(value: number | null): string {
  return value === null ? "–" : lasting(value * 1000);
}

function bucketsOf(buckets: HistoryShape["durations"]["buckets"]) {
  return buckets.map(({ le_s, count }, at) => {
    const before = buckets[at - 1]?.le_s ?? 0;
    return {
      name: le_s === null ? `> ${roughly(before * 1000)}` : `≤ ${roughly(le_s * 1000)}`,
      values: [count],
    };
  });
}
