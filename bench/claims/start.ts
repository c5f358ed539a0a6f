/** `start_ms_vs_node`: `signalbox status` against `node -e 0`, in turns. */
import { monotonicMs } from "../../src/clock.ts";
import { runChild, told } from "../../test/world/child.ts";
import { bin } from "../../test/world/world.ts";
import type { Claim, Effort, Measured } from "../claim.ts";
import type { Stage } from "../ground/stage.ts";
import { median, type Round, ratioOf, rounded } from "../numbers.ts";

export const start: Claim = {
  key: "start_ms_vs_node",
  what: "`signalbox status` with a running daemon ÷ `node -e 0`",
  target: { is: "at most", value: 4 },
};

export async function measureStart({ product }: Stage, { quick }: Effort): Promise<Measured> {
  const { clone: cwd, env } = product;
  const timed = async (program: string, args: string[]): Promise<number> => {
    const beganMs = monotonicMs();
    const ran = await runChild(program, args, { cwd, env });
    if (ran.code !== 0) throw new Error(told(ran));
    return monotonicMs() - beganMs;
  };
  const rounds: Round[] = [];
  await timed(bin, ["status"]);
  for (let round = 0; round < (quick ? 5 : 15); round++)
    rounds.push({
      ours: await timed(bin, ["status"]),
      theirs: await timed(process.execPath, ["-e", "0"]),
    });
  return {
    ...ratioOf(rounds, "ours/theirs"),
    detail: {
      status_ms: rounded(median(rounds.map(({ ours }) => ours))),
      node_ms: rounded(median(rounds.map(({ theirs }) => theirs))),
    },
  };
}
