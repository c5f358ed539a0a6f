/** One notification: in the list, and in full with what can be done. */
import { plain, words } from "../format.ts";
import { Age, Pill, type Tone } from "../parts/bits.tsx";
import { Icon } from "../parts/icon.tsx";
import { Panel } from "../parts/panel.tsx";
import { hrefOf } from "../routes.ts";
import { onNotification, resolveNotification } from "../state/acts.ts";
import { me } from "../state/me.ts";
import { useStore } from "../state/store.ts";
import type { NotificationShape } from "../wire.ts";
import { Snooze } from "./snooze.tsx";

const tones: Record<NotificationShape["agent_status"], Tone> = {
  none: "quiet",
  claimed: "busy",
  in_progress: "busy",
  blocked: "bad",
  resolved: "good",
};

type RowProps = { notification: NotificationShape; isSelected: boolean };

export function NotificationRow({ notification, isSelected }: RowProps) {
  const { id, title, body, agent_status, human_status, needs_attention, updated_at } = notification;
  const tone = needs_attention ? "bad" : tones[agent_status];
  return (
    <a
      href={hrefOf({ view: "inbox", id })}
      className={`row row-tall row-${tone} ${human_status === "unseen" ? "is-unseen" : ""}`}
      aria-current={isSelected ? "true" : undefined}
      data-row
    >
      <span className="row-lead" aria-hidden="true" />
      <span className="row-main">
        <span className="row-top">
          <strong>{plain(title)}</strong>
          <Age at={updated_at} />
        </span>
        <span className="row-detail">{plain(body)}</span>
        <span className="row-tags">
          {human_status === "unseen" && <span className="hidden">unseen</span>}
          {needs_attention && <span className="tag tag-bad">needs attention</span>}
          {agent_status !== "none" && (
            <span className={`tag tag-${tones[agent_status]}`}>{words(agent_status)}</span>
          )}
          {notification.claimed_by !== null && <span className="dim">{plain(notification.claimed_by)}</span>}
        </span>
      </span>
    </a>
  );
}

type DetailProps = { notification: NotificationShape; close(): void };

export function NotificationDetail({ notification, close }: DetailProps) {
  const { title, body, level, agent_status, claimed_by, group, history } = notification;
  const slug = /^(?:deployment|review|work)\/(.+)$/.exec(group)?.[1] ?? null;
  return (
    <Panel
      title={plain(title)}
      className="notification"
      acts={
        <button type="button" className="plain" onClick={close} aria-label="Close">
          <Icon name="cross" />
        </button>
      }
    >
      <p className="row-tags">
        <Pill tone={notification.needs_attention ? "bad" : tones[agent_status]}>
          {notification.needs_attention ? "needs attention" : words(agent_status)}
        </Pill>
        <span className="dim">{level}</span>
        {claimed_by !== null && <span className="dim">claimed by {plain(claimed_by)}</span>}
      </p>
      <p className="notification-body">{plain(body)}</p>
      <Acts notification={notification} />
      {slug !== null && (
        <p>
          <a href={hrefOf({ view: "candidate", slug })}>
            Open {plain(slug)} <Icon name="arrow" size={13} />
          </a>
        </p>
      )}
      <h3>History</h3>
      <ol className="timeline">
        {history.toReversed().map(({ event_id, at, line }) => (
          <li key={event_id}>
            <p className="moment">
              <span className="moment-title">{plain(line)}</span>
              <Age at={at} />
            </p>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Acts({
  notification: { id, title, human_status, agent_status, claimed_by },
}: {
  notification: NotificationShape;
}) {
  const who = useStore(me);
  if (who === null || who.role === "viewer") return null;
  const isOver = agent_status === "resolved";
  return (
    <div className="acts">
      <button type="button" onClick={() => onNotification(id, human_status === "unseen" ? "see" : "unsee")}>
        <Icon name="eye" /> {human_status === "unseen" ? "Seen" : "Unseen"}
      </button>
      {!isOver && (
        <button type="button" onClick={() => onNotification(id, claimed_by === null ? "claim" : "release")}>
          <Icon name="hand" /> {claimed_by === null ? "Claim" : "Release"}
        </button>
      )}
      {!isOver && <Snooze id={id} />}
      {!isOver && (
        <button type="button" className="primary" onClick={() => resolveNotification(id, title)}>
          <Icon name="check" /> Resolve
        </button>
      )}
    </div>
  );
}
