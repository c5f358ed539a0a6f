/** One call of a surface: what it is handed, and an answer in time whatever it does. */
import { createHash } from "node:crypto";
import { pause } from "../clock.ts";
import type { LedgerRow, LedgerTest } from "./ledger.ts";
import type { Tell } from "./next-step.ts";
import { type DeliverySurface, type Outcome, type Sending, sendDeadlineMs } from "./surface.ts";

/** A row, and what is to be said of it. */
export type Ready = { row: LedgerRow; step: Tell };

/** The sending of one row, or of several in one message; null where there is nothing to say any more. */
export function sendingOf(target: string, ready: readonly Ready[]): Sending | null {
  const notices = ready.flatMap(({ row, step }) =>
    row.notification === null ? [] : { row, step, notification: row.notification },
  );
  const [first] = notices;
  if (first === undefined) return null;
  const to = fingerprintOf(target).slice(0, 8);
  if (notices.length > 1) {
    const notifications = notices.map(({ notification }) => notification);
    const named = notifications.map(({ id, version }) => `${id} ${version}`).join("\n");
    return { kind: "digest", id: `digest_${fingerprintOf(named)}_${to}`, target, notifications };
  }
  const { row, step, notification } = first;
  const { ring, missed, mayRepeat } = step;
  const id = `${notification.id}_${notification.version}${ring === null ? "" : "_alarm"}_${to}`;
  const { type } = row.wanted;
  const previous = row.sent.ref;
  return { kind: "notice", id, target, notification, type, previous, ring, missed, mayRepeat };
}

/** The sending of a test. */
export function testSending(target: string, { id, by }: LedgerTest): Sending {
  return { kind: "test", id, target, by };
}

/** A short digest: enough to tell two things apart, and none the wiser about them. */
export function fingerprintOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/**
 * Sends, and answers within the deadline: a surface that does not settle, or throws, has answered nothing, so nobody knows.
 * After `ended` it has a moment left to finish.
 */
export async function sendBounded(
  surface: DeliverySurface,
  sending: Sending,
  ended: AbortSignal,
): Promise<{ outcome: Outcome; bug: unknown }> {
  const cut = new AbortController();
  const over = new AbortController();
  const cutLater = () => void pause(graceMs, over.signal).then(() => cut.abort());
  ended.addEventListener("abort", cutLater, { once: true });
  if (ended.aborted) cutLater();
  const late = async (): Promise<{ outcome: Outcome; bug: unknown }> => {
    await pause(sendDeadlineMs, AbortSignal.any([cut.signal, over.signal]));
    cut.abort();
    // What has been cut may still have an answer to give.
    await pause(settleMs, over.signal);
    return { outcome: { kind: "unknown", why: "it did not answer in time" }, bug: null };
  };
  try {
    return await Promise.race([attempt(surface, sending, cut.signal), late()]);
  } finally {
    over.abort();
    ended.removeEventListener("abort", cutLater);
  }
}

async function attempt(surface: DeliverySurface, sending: Sending, signal: AbortSignal) {
  try {
    return { outcome: await surface.send(sending, signal), bug: null };
  } catch (bug) {
    const outcome: Outcome = { kind: "unknown", why: `the surface ${surface.name} failed` };
    return { outcome, bug };
  }
}

/** How long a sending may go on when the worker is to end, ms. */
const graceMs = 3000;
const settleMs = 1000;
