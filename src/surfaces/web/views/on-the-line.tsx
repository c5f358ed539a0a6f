/** The candidate that is on the line: its phases with their times, who travels with it, and what the integrator says. */
import { ageMs, lasting, plain } from "../format.ts";
import { Commit } from "../parts/bits.tsx";
import { LogTail } from "../parts/log-tail.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty } from "../parts/states.tsx";
import { hrefOf } from "../routes.ts";
import { useNow } from "../state/now.ts";
import { placeOf, stops } from "../track-layout.ts";
import type { Board, Train } from "../wire.ts";

export function OnTheLine({ board }: { board: Board }) {
  const [first, ...aboard] = board.line.on_the_line;
  const integrator = board.sessions.find(({ role }) => role === "integrator");
  return (
    <Panel title="On the line" className="panel-on-line">
      {first === undefined ? (
        <Idle board={board} />
      ) : (
        <Delivery train={first} aboard={aboard} checks={board.checks} />
      )}
      {integrator && <LogTail session={integrator.session_id} lines={12} label="What the integrator says" />}
    </Panel>
  );
}

function Idle({ board: { paused, mode, line } }: { board: Board }) {
  if (paused !== null)
    return (
      <Empty title={paused.draining ? "The line is drained." : "The line is paused."}>
        <p className="dim">
          By {plain(paused.by)}: {plain(paused.reason)}
        </p>
      </Empty>
    );
  if (mode !== "live")
    return (
      <Empty title="The line only shadows.">
        <p className="dim">It says what it would land, and leaves main to others.</p>
      </Empty>
    );
  return (
    <Empty title={line.queued.length === 0 ? "The line is free." : "The next one is about to be taken."} />
  );
}

type DeliveryProps = { train: Train; aboard: readonly Train[]; checks: readonly string[] };

function Delivery({ train, aboard, checks }: DeliveryProps) {
  const now = useNow();
  return (
    <div className="delivery">
      <p className="delivery-head">
        <a href={hrefOf({ view: "candidate", slug: train.slug })} data-row>
          <strong>{plain(train.slug)}</strong>
        </a>
        <Commit sha={train.sha} />
        {(train.attempt ?? 1) > 1 && <span className="dim">attempt {train.attempt}</span>}
        {train.since !== null && <span className="delivery-time">{lasting(ageMs(train.since, now))}</span>}
      </p>
      <Phases train={train} now={now} />
      {aboard.length > 0 && (
        <p className="dim aboard">
          Travelling with it:
          {aboard.map(({ slug }) => (
            <a key={slug} href={hrefOf({ view: "candidate", slug })}>
              {plain(slug)}
            </a>
          ))}
        </p>
      )}
      <p className="dim">Checks: {checks.length === 0 ? "none configured" : checks.map(plain).join(", ")}</p>
    </div>
  );
}

type PhasesProps = { train: Pick<Train, "phase" | "phases">; now: number };

/** What a delivery went through, and how long each phase took. */
export function Phases({ train: { phase, phases }, now }: PhasesProps) {
  const at = placeOf(phase);
  const began = new Map(phases.map((each) => [each.phase, each.began_at]));
  return (
    <ol className="phases" aria-label="Phases of the delivery">
      {stops.map((name, place) => {
        const state = place < at ? "done" : place === at ? "here" : "ahead";
        const from = began.get(name);
        const next = stops.slice(place + 1).find((later) => began.has(later));
        const to = next === undefined ? now : Date.parse(began.get(next) ?? "");
        return (
          <li
            key={name}
            className={`phase phase-${state}`}
            aria-current={state === "here" ? "step" : undefined}
          >
            <span className="phase-name">{name}</span>
            <span className="phase-time">
              {from === undefined || state === "ahead" ? "" : lasting(ageMs(from, to))}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
