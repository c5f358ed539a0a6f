/** Says events for the command line: what a command that writes needs, and one that reads does not load. */
import { type AtomicWriter, createWriter } from "../../events/atomic-write.ts";
import { catalogWith } from "../../events/catalog-with.ts";
import { eventSource } from "../../events/envelope.ts";
import { type NotificationProducer, producerOf } from "../../events/producer.ts";
import type { Bus } from "./bus-context.ts";

/** Writes in the name of the caller, with the rights of `role`. */
export function openWriter(bus: Bus, role: "cli" | "platform"): AtomicWriter {
  const { redis, keys, workplace, actor, traces } = bus;
  // Who speaks for the platform here is a person at the command line still: the source tells where, the role what may be said.
  const source = eventSource({ repositoryId: workplace.repositoryId, role: "cli", sessionId: actor });
  return createWriter({ redis, keys, catalog: catalogWith(workplace.config.events), source, role, traces });
}

/** Says single facts. */
export function producerOn(bus: Bus): NotificationProducer {
  return producerOf(openWriter(bus, "cli"));
}
