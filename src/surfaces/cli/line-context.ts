/** The line as a command may look at it: its stores, its repository, and the judge over both. */
import type { LineRepository } from "../../git/line-repository.ts";
import { type LineStores, openJudge, openStores } from "../../integration/assembly.ts";
import type { Judge } from "../../integration/trigger.ts";
import { type Bus, writerOf } from "./bus-context.ts";

/** The line's stores. A move of the queue that a person asks for is said by the platform, with the person's name. */
export function storesOf(bus: Bus): LineStores {
  const { redis, keys, traces } = bus;
  return openStores({ redis, keys, writer: writerOf(bus, "platform"), traces });
}

/** The judge, for looking only. */
export function judgeOf(bus: Bus, line: LineRepository): Judge {
  const { redis, keys, workplace } = bus;
  const ground = { redis, keys, writer: writerOf(bus, "platform"), config: workplace.config };
  return openJudge(ground, openStores(ground), line, bus.actor).judge;
}
