/**
 * The desk: what surfaces may ask and do, over the daemon's open stores. It decides nothing itself: the queue's and the
 * inbox's own rules do. One desk serves everybody; whoever acts is named with the act.
 */

import { isoTime } from "../clock.ts";
import { forgeLinks } from "../git/forge-links.ts";
import { openStores } from "../integration/assembly.ts";
import { leaseName } from "../integration/stores/delivery-store.ts";
import { notificationsProjectionName } from "../notifications/projection.ts";
import { serverTimeMs } from "../redis/server-time.ts";
import { boardOf } from "./board.ts";
import { readCandidateDetail } from "./candidate-detail.ts";
import type { DeskGround, DeskSurface } from "./desk-ground.ts";
import { type HouseDesk, openHouseDesk } from "./desk-house.ts";
import { type InboxDesk, openInboxDesk } from "./desk-inbox.ts";
import { type LineDesk, openLineDesk } from "./desk-line.ts";
import { type LogDesk, openLogDesk } from "./desk-log.ts";
import { lookOnly } from "./ground.ts";
import type { Board, CandidateDetail } from "./shapes-of-api.ts";

export type Desk = LineDesk &
  InboxDesk &
  LogDesk &
  HouseDesk & {
    /** Everything at a glance, from what is known here: nothing is asked of the remote. */
    board(): Promise<Board>;
    /** A text that changes when the board may have changed; cheap. */
    pulse(): Promise<string>;
    /** The same desk for whoever acts by another surface. */
    through(surface: DeskSurface): Desk;
    /** One slug in full. Throws `unknown_slug`. */
    candidate(slug: string): Promise<CandidateDetail>;
  };

/** Opens the desk. Needs no closing: what it stands on is its owner's. */
export function openDesk(ground: DeskGround): Desk {
  const { redis, keys, judgements } = ground;
  const line = openLineDesk(ground);
  const inbox = openInboxDesk(ground);
  const log = openLogDesk(ground);
  const house = openHouseDesk(ground, line.queue);
  const links = forgeLinks(ground.workplace.remoteUrl);
  const stores = openStores({ redis, keys, writer: lookOnly });

  async function board(): Promise<Board> {
    const [nowMs, status, queue, notifications, sessions, held] = await Promise.all([
      serverTimeMs(redis),
      line.status(),
      line.queue(),
      inbox.notifications({ limit: 10_000 }),
      house.sessions(false),
      stores.deliveries.load(),
    ]);
    const delivery = held.kind === "unfinished" ? held.delivery : null;
    return boardOf({
      at: isoTime(nowMs),
      status,
      queue,
      candidates: judgements.all(),
      links,
      inHandSince: delivery === null ? null : isoTime(delivery.startedAtMs),
      notifications: notifications.items,
      sessions,
    });
  }

  return {
    ...line,
    ...inbox,
    ...log,
    ...house,
    board,
    through: (surface) => openDesk({ ...ground, surface }),
    pulse: () => readPulse(ground),
    candidate: (slug) => readCandidateDetail(ground, { line, log, stores }, slug),
  };
}

/** What moves whenever something on the board does: the delivery, the lease, the queue, and what was projected. */
async function readPulse({ redis, keys, judgements }: DeskGround): Promise<string> {
  const replies = await redis.pipeline([
    ["GET", keys.checkpoint],
    ["HMGET", keys.lease(leaseName), "owner", "token"],
    ["HGETALL", keys.control],
    ["HGETALL", keys.queueCounts],
    ["HGET", keys.meta, "sequence"],
    ["HGET", keys.cursor(notificationsProjectionName), "stream_id"],
    ["HLEN", keys.quarantine],
  ]);
  return JSON.stringify([replies, judgements.version()]);
}
