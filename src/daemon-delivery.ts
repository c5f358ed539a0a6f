/** Composition root: the surfaces that messages are sent to, and their workers. */
import { type Delivery, startDelivery } from "./delivery/delivery.ts";
import { noteWanted } from "./delivery/note-wanted.ts";
import type { DeliverySurface } from "./delivery/surface.ts";
import type { AtomicWriter } from "./events/atomic-write.ts";
import type { Catalog } from "./events/catalog.ts";
import type { Alongside } from "./events/projection.ts";
import type { LogFile } from "./log-file.ts";
import type { Redis } from "./redis/connection.ts";
import type { Keys } from "./redis/keys.ts";
import { openWebhooks } from "./surfaces/webhooks/webhooks.ts";
import type { Workplace } from "./workplace.ts";

export type DeliveryParts = {
  workplace: Workplace;
  redis: Redis;
  keys: Keys;
  writer: AtomicWriter;
  catalog: Catalog;
  log: LogFile;
  stop: AbortSignal;
};

/** Starts the workers of every surface that is configured; `alongside` is for the notifications' projection. */
export async function startDeliveries(parts: DeliveryParts): Promise<Delivery & { alongside: Alongside }> {
  const { redis, keys, catalog } = parts;
  const surfaces = await openSurfaces(parts.workplace);
  return {
    ...startDelivery({ ...parts, surfaces }),
    alongside: noteWanted({ redis, keys, catalog, surfaces }),
  };
}

async function openSurfaces({
  config,
  environment,
  root,
  repositoryId,
}: Workplace): Promise<DeliverySurface[]> {
  const { variables } = environment;
  const { webhooks } = config.notify;
  return [await openWebhooks({ webhooks, variables, root, repository: repositoryId })];
}
