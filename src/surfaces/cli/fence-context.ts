/** What the commands of the fence share: whose they are, which repository they are about, what the remote answers now. */
import { join, resolve } from "node:path";
import type { Protection } from "../../board/prove-fence.ts";
import { badInput, Failure } from "../../errors.ts";
import { absoluteRemoteUrl, parseRemoteUrl } from "../../git/identity.ts";
import type { SigningKey } from "../../git/ssh-signature.ts";
import type { FenceState } from "../../guards/remote/fence.ts";
import { takeStartLock } from "../../redis/start-lock.ts";
import type { Workplace } from "../../workplace.ts";
import { styled } from "../text.ts";
import type { Invocation } from "./invocation.ts";

/** Guards are set up, taken away and opened by people. Throws `not_yours_to_guard` (4) in a worker's session. */
export function refuseWorkersAtGuards(call: Invocation): void {
  const { role } = call.environment;
  if (role === null) return;
  throw new Failure({
    code: "not_yours_to_guard",
    kind: "refused",
    message: `A ${role} does not change the guards.`,
    cure: "Hand your branch over: signalbox submit. If main itself is broken, say so to a person.",
  });
}

/**
 * Whoever changes the key or tells a fence of it does so alone: of two at once, the one that is told last to a fence need
 * not be the one that is kept, and nothing could land any more. Throws `guards_changing` (75).
 */
export async function aloneAtTheKey<T>({ privateDir }: Workplace, act: () => Promise<T>): Promise<T> {
  const underWay = { code: "guards_changing", what: "The guards are being changed" };
  const lock = await takeStartLock(join(privateDir, "guards", "changing"), changesWithinMs, underWay);
  try {
    return await act();
  } finally {
    await lock.release();
  }
}

const changesWithinMs = 60_000;

/** The bare repository that is named, or the remote's own folder where it is on this machine; null where it is not. */
export async function fenceAtHand(call: Invocation, { root, remoteUrl }: Workplace): Promise<string | null> {
  const named = call.args[0] ?? null;
  if (named !== null) return resolve(call.directory, named);
  return parseRemoteUrl(remoteUrl)?.kind === "path" ? absoluteRemoteUrl(remoteUrl, root) : null;
}

/** The same where it must be at hand. Throws `no_directory`. */
export async function fenceDirectory(call: Invocation, workplace: Workplace): Promise<string> {
  const directory = await fenceAtHand(call, workplace);
  if (directory !== null) return directory;
  const { remote } = workplace.config;
  throw badInput("no_directory", `${remote} is not on this machine, so its folder must be named.`, {
    cure: "On the machine that holds it: signalbox guard remote install --print | ssh HOST sh -s -- install DIR",
  });
}

export function fenceOptions({ config, repositoryId }: Workplace, keys: readonly SigningKey[]) {
  return { main: config.main, repository: repositoryId, keys };
}

/** `guard remote … --json`. */
export function fenceShape(state: FenceState, key: string | null, { level, proof }: Protection) {
  return {
    ...state,
    key,
    protection: level,
    proof: proof === null ? null : { at: proof.at, refused: proof.refused, detail: proof.detail },
  };
}

/** The same for people. */
export function sayFence(call: Invocation, state: FenceState, protection: Protection): void {
  const { output } = call;
  if (state.installed) output.line(styled("good", "fenced"), `: ${state.directory}`);
  else output.line(styled("warn", "no fence"), ` in ${state.directory}`);
  if (state.token !== null) output.line(styled("dim", "  token    "), String(state.token));
  if (state.chained !== null) output.line(styled("dim", "  calls    "), state.chained);
  for (const { message } of state.problems)
    output.line(
      styled("bad", "  problem  "),
      message,
      styled("dim", " → signalbox guard remote install DIR"),
    );
  const said =
    protection.proof?.refused === true
      ? "the remote refused our canary"
      : "the canary was not refused by a fence";
  const asked = protection.proof === null ? "the remote was never asked" : `${said}, ${protection.proof.at}`;
  output.line(styled("dim", "  level    "), `${protection.level} (${asked})`);
  if (protection.away !== null) output.note(`The remote cannot be asked now: ${protection.away}`);
}
