/**
 * `signalbox open`: a link to the web board that signs one browser in. It is printed and never handed to a program: a
 * process list shows arguments, and the link is a key until it is used.
 */
import { openClient } from "../../../client/client.ts";
import { styled } from "../../text.ts";
import { actorOf } from "../bus-context.ts";
import { workplaceOf } from "../clone-context.ts";
import type { Invocation } from "../invocation.ts";

/** Good for one sign-in within five minutes. 69 where the daemon does not run. */
export async function open(call: Invocation): Promise<number> {
  const { privateDir } = await workplaceOf(call);
  const role = call.options.flag("viewer") ? "viewer" : "admin";
  const { url } = await openClient(privateDir).link({ name: actorOf(call), role });
  if (call.output.json) call.output.document({ url });
  else {
    call.output.line(url);
    call.output.note(styled("dim", "Opens the board once, within five minutes."));
  }
  return 0;
}
