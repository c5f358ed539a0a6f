/** What must always be in sight: mode, pause, who holds the lease, lag, guard; and what the page itself knows of its age. */
import type { ReactNode } from "react";
import { actor, ageMs, ago, plain, roughly } from "../format.ts";
import { drainLine, pauseLine, resumeLine } from "../state/acts.ts";
import { board, link } from "../state/live.ts";
import { useMayAct } from "../state/me.ts";
import { useNow } from "../state/now.ts";
import { useStore } from "../state/store.ts";
import type { Board } from "../wire.ts";
import { Pill, type Tone } from "./bits.tsx";
import { Icon } from "./icon.tsx";

export function StatusStrip() {
  const known = useStore(board);
  if (known === null) return null;
  return (
    <section className="strip" aria-label="State of the line">
      <dl>
        <Fact name="Line">
          <Running board={known} />
        </Fact>
        <Fact name="Mode">
          <Pill tone={known.mode === "live" ? "good" : "warn"}>{known.mode}</Pill>
        </Fact>
        <Fact name="Lease">
          <Lease lease={known.lease} />
        </Fact>
        <Fact name="Lag">
          <Lag processor={known.processor} />
        </Fact>
        <Fact name="Guard">{guardWords(known)}</Fact>
      </dl>
      <LineActs paused={known.paused} />
      <Lost />
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Running({ board: { paused } }: { board: Board }) {
  if (paused === null) return <Pill tone="good">running</Pill>;
  return (
    <>
      <Pill tone={paused.draining ? "warn" : "bad"}>{paused.draining ? "draining" : "paused"}</Pill>
      <span className="fact-more" title={plain(paused.reason)}>
        {plain(paused.by)}: {plain(paused.reason)}
      </span>
    </>
  );
}

function Lease({ lease }: { lease: Board["lease"] }) {
  const now = useNow();
  if (lease === null) return <span className="dim">free</span>;
  const left = Date.parse(lease.expires_at) - now;
  return (
    <>
      <span className="fact-name" title={lease.owner_session_id}>
        {plain(actor(lease.owner_session_id))}
      </span>
      <span className="dim fact-more">
        #{lease.lease_token}, held for {roughly(ageMs(lease.acquired_at, now))}
        {left < 0 ? ", run out" : ""}
      </span>
    </>
  );
}

function Lag({ processor: { lag, quarantined } }: Pick<Board, "processor">) {
  const tone: Tone = lag > 1000 ? "bad" : lag > 50 ? "warn" : "good";
  return (
    <>
      <Pill tone={tone}>{lag === 0 ? "none" : lag.toLocaleString("en")}</Pill>
      {quarantined > 0 && <Pill tone="bad">{quarantined} quarantined</Pill>}
    </>
  );
}

function guardWords({ protection, fence }: Board): string {
  return fence === "none" ? protection : `${protection}, fence: ${fence}`;
}

function LineActs({ paused }: Pick<Board, "paused">) {
  if (!useMayAct()) return null;
  return (
    <div className="strip-acts">
      {paused === null ? (
        <>
          <button type="button" onClick={pauseLine}>
            <Icon name="pause" /> Pause
          </button>
          <button type="button" onClick={drainLine}>
            <Icon name="drain" /> Drain
          </button>
        </>
      ) : (
        <button type="button" className="primary" onClick={resumeLine}>
          <Icon name="play" /> Resume
        </button>
      )}
    </div>
  );
}

/** A board that is old must not look as if it were true. */
function Lost() {
  const state = useStore(link);
  const now = useNow();
  if (state.kind !== "lost" || now - state.sinceMs < 1500) return null;
  const since = ago(new Date(state.sinceMs).toISOString(), now);
  return (
    <p className="lost" role="alert">
      <Icon name="warn" /> No connection to the daemon: what is shown is from {since}. The page goes on by
      itself.
    </p>
  );
}
