/** `signalbox guard env`: lines for a shell to evaluate. */
import { settingsOf } from "../../../guards/guard.ts";
import { guardPlaces } from "../../../guards/places.ts";
import { quoted } from "../../../guards/script-text.ts";
import { installWrappers, shellLines } from "../../../guards/wrappers.ts";
import { workplaceOf } from "../clone-context.ts";
import type { Invocation } from "../invocation.ts";

/** Writes the wrappers where they are missing, and prints what puts them first on PATH. */
export async function env(call: Invocation): Promise<number> {
  const workplace = await workplaceOf(call);
  await installWrappers(await settingsOf(workplace));
  call.output.raw(shellLines(guardPlaces(workplace.privateDir).bin, quoted));
  return 0;
}
