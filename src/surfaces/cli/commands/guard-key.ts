/** `signalbox guard key rotate`: a new key for the integrator, at every fence before the old one ends. */
import { describeError } from "../../../errors.ts";
import { fingerprint, publicLine, type SigningKey } from "../../../git/ssh-signature.ts";
import { readFences } from "../../../guards/guard-records.ts";
import { rotateIntegratorKey } from "../../../guards/integrator-key.ts";
import { runFence } from "../../../guards/remote/fence.ts";
import { styled } from "../../text.ts";
import { workplaceOf } from "../clone-context.ts";
import { aloneAtTheKey, fenceOptions, refuseWorkersAtGuards } from "../fence-context.ts";
import type { Invocation } from "../invocation.ts";

/** Fences on this machine learn it at once; for others the words to run are printed. */
export async function rotate(call: Invocation): Promise<number> {
  refuseWorkersAtGuards(call);
  const workplace = await workplaceOf(call);
  const { privateDir, environment } = workplace;
  const { path } = environment;
  const fences = await readFences(privateDir);
  const notTold = new Map<string, string>();
  const tell = async (keys: readonly SigningKey[]) => {
    const isFirst = keys.length > 1;
    for (const directory of fences) {
      const told = runFence("install", { ...fenceOptions(workplace, keys), directory, path });
      // The old key stays where a fence cannot learn the new one.
      if (isFirst) await told;
      else await told.catch((error: unknown) => notTold.set(directory, describeError(error)));
    }
  };
  const key = await aloneAtTheKey(workplace, () => rotateIntegratorKey({ privateDir, path }, tell));
  const shape = {
    key: fingerprint(key.publicBlob),
    public: publicLine(key),
    fences,
    not_told: [...notTold].map(([directory, why]) => ({ directory, why })),
  };
  if (call.output.json) call.output.document(shape);
  else {
    call.output.line(styled("good", "a new key"), `: ${shape.key}`);
    for (const directory of fences) call.output.line(styled("dim", "  told     "), directory);
    for (const { directory, why } of shape.not_told)
      call.output.line(styled("bad", "  not told "), `${directory}: ${why}`);
    call.output.note(
      "A fence on another machine does not know it yet: signalbox guard remote install --print | ssh HOST sh -s -- install DIR",
    );
  }
  return notTold.size === 0 ? 0 : 1;
}
