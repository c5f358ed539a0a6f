/** Calls of the daemon's API. What it refuses comes back as a value: the caller says it to the person who asked. */
import { createStore } from "./store.ts";

/** Why a call did not do what was asked, in words for people. */
export type Refusal = { status: number; code: string; detail: string; hint: string | null };
export type Answer<T> = { kind: "answered"; value: T } | { kind: "refused"; refusal: Refusal };

/** Whether the daemon knows this browser; `unknown` until the first answer. */
export type SignIn = "unknown" | "signed_in" | "signed_out";
export const signIn = createStore<SignIn>("unknown");

const base = "/api/v1";

/** The body of `GET path`, as JSON. `path` begins behind `/api/v1`. */
export async function read<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
  const answer = await call(path, { signal: signal ?? null });
  if (!(answer instanceof Response)) return answer;
  // as: the daemon that serves this page validated it by the schema that T is inferred from.
  return { kind: "answered", value: (await answer.json()) as T };
}

/** The body of `GET path`, as text. */
export async function readText(path: string, signal?: AbortSignal): Promise<Answer<string>> {
  const answer = await call(path, { signal: signal ?? null });
  return answer instanceof Response ? { kind: "answered", value: await answer.text() } : answer;
}

/** Asks the daemon to do something. */
export async function act(path: string, body: Record<string, unknown> = {}): Promise<Answer<null>> {
  const headers = { "content-type": "application/json", "x-signalbox-csrf": "1" };
  const answer = await call(path, { method: "POST", headers, body: JSON.stringify(body) });
  return answer instanceof Response ? { kind: "answered", value: null } : answer;
}

/** Gives a one-time code for a session cookie. */
export async function signInWith(code: string): Promise<Answer<null>> {
  const answer = await act("/login", { code });
  if (answer.kind === "answered") signIn.set("signed_in");
  return answer;
}

async function call(
  path: string,
  init: RequestInit,
): Promise<Response | { kind: "refused"; refusal: Refusal }> {
  let response: Response;
  try {
    response = await fetch(`${base}${path}`, { credentials: "same-origin", cache: "no-store", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    return { kind: "refused", refusal: unreachable };
  }
  if (response.ok) return response;
  // A code that is used up says nothing of the session that may be there.
  if (response.status === 401 && path !== "/login") signIn.set("signed_out");
  return { kind: "refused", refusal: await refusalOf(response) };
}

const unreachable: Refusal = {
  status: 0,
  code: "daemon_unreachable",
  detail: "The daemon does not answer.",
  hint: "The page goes on by itself when it is back. To start it: signalbox up --detach",
};

async function refusalOf(response: Response): Promise<Refusal> {
  const { status } = response;
  const problem: unknown = await response.json().catch(() => null);
  const field = (name: string) => {
    const value: unknown =
      problem !== null && typeof problem === "object" ? Reflect.get(problem, name) : null;
    return typeof value === "string" && value !== "" ? value : null;
  };
  const detail = field("detail") ?? field("title") ?? `The daemon answered ${status}.`;
  return { status, code: field("code") ?? `http_${status}`, detail, hint: field("hint") };
}
