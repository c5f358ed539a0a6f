/** The other side of own-process.ts: makes a rival where it is told to, then lands what it is told. */
import { runChild, told } from "../../test/world/child.ts";
import { floorScript } from "./floor-script.ts";
import { leanWorktree } from "./lean-worktree.ts";
import type { Answer, Order } from "./own-process.ts";
import type { Ground, Way } from "./way.ts";

const env: Record<string, string> = {};
for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;

const ground: Ground = {
  env,
  async git(cwd, args) {
    const ran = await runChild("git", args, { cwd, env, withinMs: 600_000 });
    if (ran.code !== 0) throw new Error(told(ran));
    return ran.stdout;
  },
};

const makers = { "floor-script": floorScript, "lean-worktree": leanWorktree };
let way: Way | null = null;

async function carryOut(order: Order): Promise<Answer> {
  if ("land" in order) {
    if (way === null) throw new Error("nothing was made yet");
    return way.land(order.land);
  }
  way = await makers[order.kind](ground, order.site);
  return { mergeTree: "" };
}

process.on("message", (order: Order) => {
  carryOut(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failed: String(error) } satisfies Answer),
  );
});
