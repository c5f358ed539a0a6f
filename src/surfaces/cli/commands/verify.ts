/** `signalbox verify`: proves from git alone what main is made of. Needs no Redis. */
import { badInput } from "../../../errors.ts";
import { firstInit } from "../../../first-init.ts";
import { knownSigners } from "../../../guards/integrator-key.ts";
import { verifyMain } from "../../../integration/verify.ts";
import { openLine, type Workplace } from "../../../workplace.ts";
import { workplaceOf } from "../clone-context.ts";
import { fetchMain } from "../fetch-main.ts";
import type { Invocation } from "../invocation.ts";
import { verifyLines } from "../render/outcomes.ts";

/** Exits 1 where main has a foreign commit, or a tree that is not what was checked. */
export async function verify(call: Invocation): Promise<number> {
  const workplace = await workplaceOf(call);
  const { config } = workplace;
  await using line = await openLine(workplace);
  const to = await fetchMain(line, workplace);
  const from = await beginning(call, workplace);
  if (!(await line.objects.has(from)))
    throw badInput("since_not_on_main", `${from} is no commit of ${config.remote}/${config.main}.`, {
      cure: "Give --since REV.",
    });
  const signers = await knownSigners(workplace.privateDir);
  const verified = await verifyMain(line, { from, to }, config.delivery, signers);
  if (call.output.json) call.output.document(verified);
  else call.output.lines(verifyLines(verified));
  return verified.foreign.length === 0 && verified.mismatches.length === 0 ? 0 : 1;
}

/** `--since`, as the clone understands it; else main when `init` first ran. */
async function beginning(call: Invocation, { git, clone, privateDir }: Workplace): Promise<string> {
  const since = call.options.text("since");
  if (since === null) {
    const first = await firstInit(privateDir);
    if (first !== null) return first.main_sha;
    throw badInput("no_beginning", "init has not run here, so there is no commit to begin with.", {
      cure: "Give --since REV, or run signalbox init.",
    });
  }
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${since}^{commit}`];
  const result = await git.run(args, { cwd: clone.root });
  if (result.code === 0) return result.stdout.toString("latin1").trim();
  throw badInput("bad_revision", `${since} names no commit here.`, {
    problems: [{ path: "since", message: "names no commit" }],
  });
}
