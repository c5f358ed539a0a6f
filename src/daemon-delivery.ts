/** Composition root: the surfaces that messages are sent to, their workers, and the ear for whoever answers. */
import type { Desk } from "./board/desk.ts";
import { type Delivery, startDelivery } from "./delivery/delivery.ts";
import { noteWanted } from "./delivery/note-wanted.ts";
import type { DeliverySurface } from "./delivery/surface.ts";
import type { AtomicWriter } from "./events/atomic-write.ts";
import type { Catalog } from "./events/catalog.ts";
import type { Projection } from "./events/projection.ts";
import type { LogFile } from "./log-file.ts";
import { notificationsProjection } from "./notifications/projection.ts";
import type { Redis } from "./redis/connection.ts";
import type { Keys } from "./redis/keys.ts";
import { openTelegram } from "./surfaces/telegram/telegram.ts";
import { openWebhooks } from "./surfaces/webhooks/webhooks.ts";
import type { Traces } from "./telemetry/traces.ts";
import type { Workplace } from "./workplace.ts";

export type DeliveryParts = {
  workplace: Workplace;
  redis: Redis;
  keys: Keys;
  writer: AtomicWriter;
  catalog: Catalog;
  log: LogFile;
  stop: AbortSignal;
  traces: Traces;
};

export type Deliveries = Pick<Delivery, "wake"> & {
  /** The projection that notes, in its own writes, what each target wants to hear. */
  notifications: Projection;
  /** Hears what people answer; settles when that and all workers have ended, after `stop`. */
  run(desk: Desk): Promise<void>;
};

/** Starts the workers of every surface that is configured. */
export async function startDeliveries(parts: DeliveryParts): Promise<Deliveries> {
  const { workplace, redis, keys, catalog, log, stop } = parts;
  const telegram = await openTelegram({ workplace, redis, keys, log });
  const surfaces = [await openWebhookSurface(workplace), ...(telegram === null ? [] : [telegram.surface])];
  const delivery = startDelivery({ ...parts, surfaces });
  return {
    wake: delivery.wake,
    notifications: notificationsProjection(catalog, noteWanted({ redis, keys, catalog, surfaces })),
    async run(desk) {
      await Promise.all([delivery.ended, telegram?.listen(desk.through("telegram"), stop)]);
    },
  };
}

function openWebhookSurface({
  config,
  environment,
  root,
  repositoryId,
}: Workplace): Promise<DeliverySurface> {
  const { variables } = environment;
  const { webhooks } = config.notify;
  return openWebhooks({ webhooks, variables, root, repository: repositoryId });
}
