/** What a person can do from here. Each asks before it acts, and says what came of it. */
import { ask, type Question } from "../parts/asking.tsx";
import { say } from "../parts/toasts.tsx";
import { act } from "./api.ts";

type Deed = { path: string; body?: Record<string, unknown>; done: string };

/** Without a question: what can be taken back with one click. */
export async function run({ path, body = {}, done }: Deed): Promise<boolean> {
  const answer = await act(path, body);
  if (answer.kind === "answered") {
    say("good", done);
    return true;
  }
  const { detail, hint } = answer.refusal;
  say("bad", hint === null ? detail : `${detail} ${hint}`);
  return false;
}

async function asked(question: Question, deed: Deed): Promise<boolean> {
  const reason = await ask(question);
  if (reason === null) return false;
  const body = { ...deed.body, ...(question.reason && reason !== "" ? { reason } : {}) };
  return run({ ...deed, body });
}

const whyNow = (placeholder: string) => ({ isRequired: true, placeholder });

export function pauseLine(): Promise<boolean> {
  return asked(
    {
      title: "Pause the line?",
      consequence:
        "Nothing more is landed until somebody resumes it. What is on the line stops after its step; branches are still taken into the queue.",
      verb: "Pause",
      reason: whyNow("release freeze until Monday"),
    },
    { path: "/queue/pause", done: "The line is paused." },
  );
}

export function drainLine(): Promise<boolean> {
  return asked(
    {
      title: "Drain the line?",
      consequence: "What is queued now is landed; what comes later waits until somebody resumes the line.",
      verb: "Drain",
      reason: whyNow("upgrade this evening"),
    },
    { path: "/queue/drain", done: "The line is draining." },
  );
}

export function resumeLine(): Promise<boolean> {
  return asked(
    {
      title: "Resume the line?",
      consequence: "The integrator goes on with the first candidate in the queue.",
      verb: "Resume",
      reason: { isRequired: false, placeholder: "the release is out" },
    },
    { path: "/queue/resume", done: "The line is running." },
  );
}

export function retryCandidate(slug: string): Promise<boolean> {
  return asked(
    {
      title: `Retry ${slug}?`,
      consequence: "The same commit goes into the queue again, as a new attempt. Main may have moved since.",
      verb: "Retry",
    },
    { path: `/queue/${encodeURIComponent(slug)}/retry`, done: `${slug} is queued again.` },
  );
}

export function withdrawCandidate(slug: string): Promise<boolean> {
  return asked(
    {
      title: `Withdraw ${slug}?`,
      consequence:
        "It leaves the queue and is not landed. Its branch and its worktree stay as they are; a retry brings it back.",
      verb: "Withdraw",
      tone: "bad",
      reason: whyNow("superseded by another approach"),
    },
    { path: `/queue/${encodeURIComponent(slug)}/withdraw`, done: `${slug} is withdrawn.` },
  );
}

export function acknowledge(slug: string): Promise<boolean> {
  return asked(
    {
      title: `Take care of ${slug}?`,
      consequence:
        "Its notification is marked as seen and claimed by you, so that everybody knows that somebody is at it.",
      verb: "Acknowledge",
    },
    { path: `/queue/${encodeURIComponent(slug)}/ack`, done: `You take care of ${slug}.` },
  );
}

export type InboxVerb = "see" | "unsee" | "claim" | "release";

const doneWords: Record<InboxVerb, string> = {
  see: "Marked as seen.",
  unsee: "Marked as unseen.",
  claim: "Claimed by you.",
  release: "Released.",
};

export function onNotification(id: string, verb: InboxVerb): Promise<boolean> {
  return run({ path: `/notifications/${encodeURIComponent(id)}/${verb}`, done: doneWords[verb] });
}

export function resolveNotification(id: string, title: string): Promise<boolean> {
  return asked(
    {
      title: "Resolve this notification?",
      consequence: `“${title}” is closed for everybody. The candidate itself is left as it is.`,
      verb: "Resolve",
      reason: whyNow("merged by hand"),
    },
    { path: `/notifications/${encodeURIComponent(id)}/resolve`, done: "Resolved." },
  );
}

/** `until` is RFC 3339; `words` says it for people. */
export function snoozeNotification(
  id: string,
  { until, words }: { until: string; words: string },
): Promise<boolean> {
  return run({
    path: `/notifications/${encodeURIComponent(id)}/snooze`,
    body: { until },
    done: `Snoozed ${words}.`,
  });
}
