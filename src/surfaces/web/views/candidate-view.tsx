/** One candidate in full: what it waits for and who can act, the evidence, and what can be done. */
import { plain, words } from "../format.ts";
import { Age, Branch, Commit, Copied, Fact, Pill, type Tone } from "../parts/bits.tsx";
import { Icon } from "../parts/icon.tsx";
import { LogTail } from "../parts/log-tail.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty, Read } from "../parts/states.tsx";
import { hrefOf } from "../routes.ts";
import { acknowledge, retryCandidate, withdrawCandidate } from "../state/acts.ts";
import { useMayAct } from "../state/me.ts";
import { useNow } from "../state/now.ts";
import { useResource } from "../state/resource.ts";
import type { Board, CandidateDetail } from "../wire.ts";
import { Changes } from "./changes.tsx";
import { Conflicts } from "./conflicts.tsx";
import { Phases } from "./on-the-line.tsx";
import { Timeline } from "./timeline.tsx";

export function CandidateView({ slug, board }: { slug: string; board: Board }) {
  const detail = useResource<CandidateDetail>(`/candidates/${encodeURIComponent(slug)}`, {
    touchedBy: (event) => event.subject === slug || event.type.endsWith(".main.moved"),
  });
  return (
    <div className="candidate-view">
      <a className="back" href={hrefOf({ view: "line" })}>
        <Icon name="back" /> The line
      </a>
      <Read of={detail}>{(value) => <Detail slug={slug} detail={value} board={board} />}</Read>
    </div>
  );
}

type DetailProps = { slug: string; detail: CandidateDetail; board: Board };

function Detail({ slug, detail, board }: DetailProps) {
  const { candidate, why, events, diffstat, conflicts, follow_up, queue_item } = detail;
  const now = useNow();
  const isOnLine = board.line.on_the_line.some((train) => train.slug === slug);
  const integrator = board.sessions.find(({ role }) => role === "integrator");
  return (
    <>
      <Head slug={slug} detail={detail} />
      <div className="candidate-columns">
        <div className="column">
          {conflicts.length > 0 && (
            <Conflicts conflicts={conflicts} main={board.main} branch={why.branch ?? slug} />
          )}
          {isOnLine && integrator && (
            <Panel title="On the line">
              {queue_item && <Phases train={queue_item} now={now} />}
              <LogTail session={integrator.session_id} lines={40} label="What the integrator says" />
            </Panel>
          )}
          {follow_up && <FollowUp followUp={follow_up} />}
          <Conditions
            conditions={candidate?.conditions ?? why.conditions}
            isOver={queue_item?.status === "integrated"}
          />
          <Changes files={diffstat} />
        </div>
        <div className="column">
          <Facts detail={detail} />
          <Timeline events={events} moves={queue_item?.history ?? []} slug={slug} />
        </div>
      </div>
    </>
  );
}

const tones: Record<string, Tone> = {
  queued: "busy",
  in_progress: "busy",
  blocked: "bad",
  integrated: "good",
  INTEGRATED: "good",
  READY: "good",
  NOT_READY: "warn",
};

function Head({ slug, detail: { why, queue_item } }: { slug: string; detail: CandidateDetail }) {
  const mayAct = useMayAct();
  const status = queue_item?.status;
  const canRetry = status === "blocked";
  const canWithdraw = status === "queued" || status === "blocked";
  return (
    <header className="candidate-head">
      <div className="candidate-title">
        <h1>{plain(slug)}</h1>
        {why.status !== null && (
          <Pill tone={tones[why.status] ?? "quiet"}>{words(why.status.toLowerCase())}</Pill>
        )}
        {queue_item?.reason && <Pill tone="bad">{words(queue_item.reason)}</Pill>}
      </div>
      <p className="why">{plain(why.sentence)}</p>
      {why.next_action !== null && <NextAction text={why.next_action} />}
      {mayAct && (canRetry || canWithdraw) && (
        <div className="acts">
          {canRetry && (
            <button type="button" className="primary" onClick={() => retryCandidate(slug)}>
              <Icon name="retry" /> Retry
            </button>
          )}
          {canRetry && (
            <button type="button" onClick={() => acknowledge(slug)}>
              <Icon name="hand" /> Acknowledge
            </button>
          )}
          {canWithdraw && (
            <button type="button" className="danger" onClick={() => withdrawCandidate(slug)}>
              <Icon name="cross" /> Withdraw
            </button>
          )}
        </div>
      )}
    </header>
  );
}

/** A command to copy where there is one in it; a sentence otherwise. */
function NextAction({ text }: { text: string }) {
  const [, words = "", command = null] = /^(.*?)(signalbox \S.*)$/s.exec(text) ?? [null, text];
  return (
    <p className="next-action">
      <span className="next-label">Next</span>
      {words !== "" && <span>{plain(words)}</span>}
      {command !== null && <Copied text={command} what="command" />}
    </p>
  );
}

function Facts({ detail: { why, queue_item, candidate } }: { detail: CandidateDetail }) {
  return (
    <Panel title="Delivery">
      <dl className="facts">
        <Fact name="Branch">
          {why.branch === null ? "–" : <Branch name={why.branch} isThere={why.status !== "integrated"} />}
        </Fact>
        <Fact name="Commit">{why.sha === null ? "–" : <Commit sha={why.sha} />}</Fact>
        {candidate?.ready_at && (
          <Fact name="Ready">
            <Age at={candidate.ready_at} />
          </Fact>
        )}
        {queue_item && (
          <>
            <Fact name="Attempt">{queue_item.attempt}</Fact>
            {queue_item.position !== null && <Fact name="Position">{queue_item.position}</Fact>}
            {queue_item.phase !== null && <Fact name="Phase">{queue_item.phase}</Fact>}
            {queue_item.merge_commit !== null && (
              <Fact name="Merged as">
                <Commit sha={queue_item.merge_commit} label="merge commit" />
              </Fact>
            )}
            {queue_item.main_sha !== null && (
              <Fact name="Main became">
                <Commit sha={queue_item.main_sha} label="commit of main" />
              </Fact>
            )}
          </>
        )}
      </dl>
    </Panel>
  );
}

type ConditionsProps = { conditions: CandidateDetail["why"]["conditions"]; isOver: boolean };

/** Of one that has landed, what does not hold any more is no fault. */
function Conditions({ conditions, isOver }: ConditionsProps) {
  if (conditions.length === 0) return null;
  const holding = conditions.filter(({ holds }) => holds).length;
  const count = isOver ? "landed" : `${holding} of ${conditions.length} hold`;
  return (
    <Panel title="Conditions" acts={<span className="dim">{count}</span>}>
      <ul className="conditions">
        {conditions.map(({ name, holds, detail }) => (
          <li key={name} className={holds ? "holds" : isOver ? "over" : "fails"}>
            <span className="condition-mark">
              <Icon name={holds ? "check" : isOver ? "dot" : "cross"} />
              <span className="hidden">{holds ? "holds" : "does not hold"}</span>
            </span>
            <span>
              <strong>{words(name)}</strong>
              <span className="dim">{plain(detail)}</span>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function FollowUp({ followUp }: { followUp: NonNullable<CandidateDetail["follow_up"]> }) {
  const { follow_up_slug, status, diagnostics, plan, requirements } = followUp;
  return (
    <Panel title="Follow-up" acts={<Pill tone={status === "open" ? "warn" : "good"}>{status}</Pill>}>
      <p>
        Work item <Copied text={follow_up_slug} what="follow-up" /> was opened for it.
      </p>
      {diagnostics.length > 0 && <pre className="diagnostics">{plain(diagnostics.join("\n"))}</pre>}
      {plan === "" && requirements === "" ? (
        <Empty title="It has no text." />
      ) : (
        <details>
          <summary>What it asks for, and how to get there</summary>
          <pre className="markdown">
            {plain([requirements, plan].filter((text) => text !== "").join("\n\n"))}
          </pre>
        </details>
      )}
    </Panel>
  );
}
