/** `signalbox guard remote install|status|uninstall`: the fence in a bare repository. */
import { type Protection, proveFence } from "../../../board/prove-fence.ts";
import { redactUrl } from "../../../git/identity.ts";
import { fingerprint } from "../../../git/ssh-signature.ts";
import { forgetProof, noteFence } from "../../../guards/guard-records.ts";
import { ensureIntegratorKey, readIntegratorKey } from "../../../guards/integrator-key.ts";
import { type FenceState, fenceScriptFor, runFence } from "../../../guards/remote/fence.ts";
import type { Workplace } from "../../../workplace.ts";
import { workplaceOf } from "../clone-context.ts";
import {
  aloneAtTheKey,
  fenceAtHand,
  fenceDirectory,
  fenceOptions,
  fenceShape,
  refuseWorkersAtGuards,
  sayFence,
} from "../fence-context.ts";
import type { Invocation } from "../invocation.ts";

/** Sets it up, or brings it up to date; then proves it by a push that must be refused. 1 where it is not refused. */
export async function install(call: Invocation): Promise<number> {
  refuseWorkersAtGuards(call);
  const workplace = await workplaceOf(call);
  const { privateDir, environment } = workplace;
  const { path } = environment;
  if (call.options.flag("print")) {
    const key = await ensureIntegratorKey({ privateDir, path });
    call.output.raw(await fenceScriptFor(fenceOptions(workplace, [key])));
    return 0;
  }
  const directory = await fenceDirectory(call, workplace);
  const { key, state } = await aloneAtTheKey(workplace, async () => {
    const own = await ensureIntegratorKey({ privateDir, path });
    const made = await runFence("install", { ...fenceOptions(workplace, [own]), directory, path });
    await noteFence(privateDir, made.directory, true);
    return { key: own, state: made };
  });
  const protection = await proveFence(workplace);
  if (call.output.json) call.output.document(fenceShape(state, fingerprint(key.publicBlob), protection));
  else sayFence(call, state, protection);
  return state.problems.length === 0 && protection.level === "enforced" ? 0 : 1;
}

/** How it stands, and what the remote answers to a canary now. 0 whatever it reports. */
export async function status(call: Invocation): Promise<number> {
  const workplace = await workplaceOf(call);
  const key = await readIntegratorKey(workplace.privateDir);
  const directory = await fenceAtHand(call, workplace);
  const protection = await proveFence(workplace);
  const { path } = workplace.environment;
  const options = fenceOptions(workplace, key === null ? [] : [key]);
  const state =
    directory === null
      ? seenFromAfar(workplace, protection)
      : await runFence("status", { ...options, directory, path });
  const shown = key === null ? null : fingerprint(key.publicBlob);
  if (call.output.json) call.output.document(fenceShape(state, shown, protection));
  else sayFence(call, state, protection);
  return 0;
}

/** Of another machine's repository only its answer is known. */
function seenFromAfar({ remoteUrl }: Workplace, { proof }: Protection): FenceState {
  const installed = proof?.refused === true;
  return { directory: redactUrl(remoteUrl), installed, token: null, chained: null, problems: [] };
}

/** Takes it away: configuration and hooks are as they were. Without one: 0. */
export async function uninstall(call: Invocation): Promise<number> {
  refuseWorkersAtGuards(call);
  const workplace = await workplaceOf(call);
  const directory = await fenceDirectory(call, workplace);
  const { path } = workplace.environment;
  const state = await runFence("uninstall", { ...fenceOptions(workplace, []), directory, path });
  await noteFence(workplace.privateDir, state.directory, false);
  await forgetProof(workplace.privateDir);
  const protection = await proveFence(workplace);
  if (call.output.json) call.output.document(fenceShape(state, null, protection));
  else sayFence(call, state, protection);
  return 0;
}
