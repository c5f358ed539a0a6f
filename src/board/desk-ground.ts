/** What the desk stands on: the daemon's open stores, its repository and its judge, and a voice for whoever acts. */
import { type AtomicWriter, createWriter } from "../events/atomic-write.ts";
import type { Catalog } from "../events/catalog.ts";
import { eventSource } from "../events/envelope.ts";
import { type NotificationProducer, producerOf } from "../events/producer.ts";
import { openProjection } from "../events/projection.ts";
import type { LineRepository } from "../git/line-repository.ts";
import { type LineStores, openStores } from "../integration/assembly.ts";
import type { Judge } from "../integration/trigger.ts";
import { type Inbox, openInbox } from "../notifications/inbox.ts";
import { notificationsProjectionName } from "../notifications/projection.ts";
import { noTraces, type Traces } from "../telemetry/traces.ts";
import type { BoardGround } from "./ground.ts";
import type { Judgements } from "./judgements.ts";

export type DeskGround = BoardGround & {
  catalog: Catalog;
  line: LineRepository;
  /** For looking: it asks the remote. */
  judge: Judge;
  judgements: Judgements;
  /** By which surface its acts come (default: the API): it stands in the source of what they say. */
  surface?: DeskSurface;
  /** Default: none. */
  traces?: Traces;
};

export type DeskSurface = "api" | "web" | "telegram";

/** The line's stores, written in somebody's name: a move that a person asks for is said by the platform. */
export function storesAs(ground: DeskGround, by: string): LineStores {
  const { redis, keys, traces = noTraces } = ground;
  return openStores({ redis, keys, writer: writerAs(ground, by, "platform"), traces });
}

/** The inbox, as somebody sees it and acts on it. */
export function inboxAs(ground: DeskGround, by: string): Inbox {
  return openInbox({
    reader: openProjection(ground, notificationsProjectionName),
    producer: producerAs(ground, by),
  });
}

/** Says single facts in somebody's name; what only the line may say is refused. */
export function producerAs(ground: DeskGround, by: string): NotificationProducer {
  return producerOf(writerAs(ground, by, "api"));
}

function writerAs(
  { redis, keys, catalog, workplace, surface = "api", traces = noTraces }: DeskGround,
  by: string,
  role: "api" | "platform",
): AtomicWriter {
  const source = eventSource({ repositoryId: workplace.repositoryId, role: surface, sessionId: by });
  return createWriter({ redis, keys, catalog, source, role, traces });
}
