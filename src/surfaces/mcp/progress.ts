/** Says that a call is still at it, to a client that asked for it: clients give up on what is silent for a minute. */
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { ServerNotification, ServerRequest } from "@modelcontextprotocol/sdk/types.js";
import { monotonicMs } from "../../clock.ts";

const everyMs = 5_000;

/** Tells the seconds that have passed, until it is disposed of. */
export function startProgress(extra: RequestHandlerExtra<ServerRequest, ServerNotification>): Disposable {
  const progressToken = extra._meta?.progressToken;
  if (progressToken === undefined) return { [Symbol.dispose]: () => {} };
  const since = monotonicMs();
  const tell = () => {
    const progress = Math.round((monotonicMs() - since) / 1000);
    const params = { progressToken, progress, message: `${progress} s` };
    // A client that has gone away in between is found out by the transport.
    extra.sendNotification({ method: "notifications/progress", params }).catch(() => {});
  };
  const telling = setInterval(tell, everyMs);
  return { [Symbol.dispose]: () => clearInterval(telling) };
}
