/** Marking over real git and a real Redis, without processes of ours. */
import type { TestContext } from "node:test";
import { type MarkGround, type MarkRequest, markPhase } from "../../src/orchestration/mark-phase.ts";
import { phases, statuses } from "../../src/orchestration/phases.ts";
import { openItems } from "../../src/orchestration/work-items.ts";
import { entriesOf, startBus } from "../events/bus.ts";
import { createGitWorld } from "../world/git.ts";

export const domain = "domain.software-development.";
const at = "2026-01-02T03:04:05Z";

export async function startMarkYard(t: TestContext, more: Partial<MarkGround> = {}) {
  const world = await createGitWorld();
  t.after(() => world[Symbol.asyncDispose]());
  const bus = await startBus(t);
  const items = openItems(bus, bus.writerFor("cli"));
  const ground: MarkGround = {
    items,
    git: world.git,
    clone: { commonDir: `${world.clone}/.git` },
    openLine: () => world.line(),
    remote: "origin",
    main: "main",
    todos: "todos",
    bind: "sha",
    roundsMax: 3,
    ...more,
  };
  return {
    ...bus,
    world,
    items,
    ground,
    mark: (slug: string, name: string, request: Partial<MarkRequest> = {}) =>
      markPhase(ground, markOf(slug, name, request)),
    /** Marks one after the other. */
    async marks(slug: string, ...names: string[]) {
      for (const name of names) await markPhase(ground, markOf(slug, name));
    },
    say: (type: string, data: Record<string, unknown>) =>
      bus.writer.write({ events: [{ type: `${domain}${type}`, data }] }),
    /** Types and payloads of all that was said, oldest first. */
    async said(): Promise<{ type: string; data: Record<string, unknown> }[]> {
      const entries = await entriesOf(bus);
      return entries.map(({ text, type }) => ({
        type: type.slice(domain.length),
        data: JSON.parse(text).data,
      }));
    },
  };
}

export function markOf(slug: string, name: string, more: Partial<MarkRequest> = {}): MarkRequest {
  const [first, second] = name.split(" ");
  const phase = phases.find((each) => each === first);
  const status = statuses.find((each) => each === second);
  if (phase === undefined || status === undefined) throw new Error(`no step is called ${name}`);
  return { slug, phase, status, by: "rita", at, findings: null, overLimit: false, ...more };
}
