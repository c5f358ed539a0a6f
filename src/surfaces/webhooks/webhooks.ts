/**
 * The webhook surface: each configured URL is sent every notification that is news to it, signed as Standard Webhooks has
 * it. A message may arrive twice (an answer was lost); its `webhook-id` is then the same.
 *
 * Redirects are not followed: a signed message goes where it was configured to go, or nowhere. URLs are secrets to some
 * services, so none is ever part of an answer, an event or a log.
 */
import { isoTime, wallMs } from "../../clock.ts";
import type { Variables } from "../../config/environment.ts";
import { fingerprintOf } from "../../delivery/dispatch.ts";
import { readSecret } from "../../delivery/secret.ts";
import type { DeliverySurface, Outcome, Sending, Target } from "../../delivery/surface.ts";
import { rulesOfWebhook, type WebhookEntry, webhookName } from "../../delivery/targets.ts";
import { bodyOf } from "./body.ts";
import { type SigningKeys, signatureHeaders, signingKeys } from "./signature.ts";

export type WebhookOptions = {
  webhooks: readonly WebhookEntry[];
  /** Where secrets are. */
  variables: Variables;
  /** The clone: relative secret files are meant from there. */
  root: string;
  repository: string;
};

type Endpoint = { url: string; signing: SigningKeys; target: Target };

/** How long a receiver may take to answer, ms. */
const answerMs = 15_000;
/** The longest pause a receiver may ask for, ms. */
const longestAskedMs = 3_600_000;

/** The surface `webhook`, whose targets are called by their names, or by digests of their URLs. */
export async function openWebhooks(options: WebhookOptions): Promise<DeliverySurface> {
  const endpoints = await Promise.all(options.webhooks.map((entry) => endpointOf(entry, options)));
  const byName = new Map(endpoints.map((endpoint) => [endpoint.target.name, endpoint]));
  return {
    name: "webhook",
    edits: false,
    groups: false,
    repeatable: true,
    targets: endpoints.map(({ target }) => target),
    async send(sending, signal) {
      const endpoint = byName.get(sending.target);
      if (endpoint?.signing.kind !== "keys") throw new Error("a message for a webhook that cannot be used");
      return post(requestOf(sending, endpoint.signing.keys, options.repository), endpoint.url, signal);
    },
  };
}

async function endpointOf(entry: WebhookEntry, options: WebhookOptions): Promise<Endpoint> {
  const reading = await readSecret({ env: entry.secretEnv, file: entry.secretFile }, options);
  const signing: SigningKeys =
    reading.kind === "read" ? signingKeys(reading.secret) : { kind: "unusable", why: reading.why };
  return {
    url: entry.url,
    signing,
    target: {
      name: webhookName(entry),
      rules: rulesOfWebhook(entry),
      fingerprint: fingerprintOf(entry.url),
      unusable: signing.kind === "unusable" ? signing.why : null,
    },
  };
}

function requestOf(sending: Sending, keys: readonly Buffer[], repository: string): RequestInit {
  const nowMs = wallMs();
  const body = bodyOf(sending, { repository, nowIso: isoTime(nowMs) });
  const signature = signatureHeaders({ id: sending.id, timestampS: Math.floor(nowMs / 1000), body }, keys);
  const headers = { "content-type": "application/json", "user-agent": "Signalbox", ...signature };
  return { method: "POST", headers, body, redirect: "manual" };
}

async function post(request: RequestInit, url: string, signal: AbortSignal): Promise<Outcome> {
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    const response = await fetch(url, { ...request, signal: bounded });
    // What it says is of no use; reading it would let a receiver hold us.
    await response.body?.cancel();
    return outcomeOf(response.status, response.headers.get("retry-after"));
  } catch (error) {
    return { kind: "failed", why: whyUnreachable(error) };
  }
}

/** What an answer means. */
export function outcomeOf(status: number, retryAfter: string | null): Outcome {
  if (status >= 200 && status < 300) return { kind: "sent" };
  if (status === 410) return { kind: "gone", why: "it answered 410: gone for good" };
  const why =
    status >= 300 && status < 400
      ? `it answered ${status}; redirects are not followed`
      : `it answered ${status}`;
  const afterMs = /^\d{1,6}$/.test(retryAfter ?? "") ? Number(retryAfter) * 1000 : 0;
  // Asked to wait or not, a receiver that takes nothing for a day is one to tell people of.
  return { kind: "failed", why, afterMs: Math.min(afterMs, longestAskedMs) };
}

/** The kind of the trouble, without the URL that is in its message. */
function whyUnreachable(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError")
    return `it did not answer within ${answerMs / 1000} s`;
  if (error instanceof DOMException) return "the program ended while it was asked";
  const cause = error instanceof Error ? error.cause : null;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "no connection";
  return `it could not be reached (${code})`;
}
