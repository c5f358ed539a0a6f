/** Pure. One sentence about a slug: what it waits for, and who can act. No state is silent. */
import { cycleWords } from "../integration/readiness.ts";
import type { ShadowView } from "./shadow-view.ts";
import type { CandidateShape, ConditionShape, QueueItemShape, StatusShape, WhyShape } from "./shapes.ts";

export type WhyView = {
  slug: string;
  /** Its place in the queue, if it ever had one. */
  item: QueueItemShape | null;
  /** The newest candidate, judged now. */
  candidate: CandidateShape | null;
  approved: boolean;
  paused: StatusShape["paused"];
  /** The line only shadows. */
  shadow: ShadowView | null;
};

type Answer = Pick<WhyShape, "sentence" | "who" | "next_action">;

/** What `why` prints. */
export function whyShape(view: WhyView): WhyShape {
  const { slug, item, candidate } = view;
  const newest = newestOf(item, candidate);
  return {
    slug,
    ...answer(view),
    branch: newest?.branch ?? null,
    sha: newest?.sha ?? null,
    status: newest?.status ?? null,
    conditions: candidate?.conditions ?? [],
    follow_up_slug: newest === item ? (item?.follow_up_slug ?? null) : null,
  };
}

/** The queue's word counts, but for a newer candidate that has not come so far. */
function newestOf(item: QueueItemShape | null, candidate: CandidateShape | null) {
  if (item === null || candidate === null) return item ?? candidate;
  const same = item.sha === candidate.sha && item.branch === candidate.branch;
  return same || item.status === "queued" || item.status === "in_progress" ? item : candidate;
}

function answer(view: WhyView): Answer {
  const newest = newestOf(view.item, view.candidate);
  if (newest === null) return notHandedOver(view);
  return newest === view.item ? inQueue(view, view.item) : notQueued(view);
}

function notHandedOver({ slug, approved }: WhyView): Answer {
  const waits = approved ? "is approved and waits" : "waits";
  return {
    sentence: `${slug} ${waits} to be finalized: no branch was handed over yet; its worker can do that.`,
    who: "worker",
    next_action: `signalbox submit --slug ${slug}`,
  };
}

function inQueue(view: WhyView, item: QueueItemShape): Answer {
  const { slug } = view;
  switch (item.status) {
    case "in_progress":
      return settled(
        `${slug} is on the line now${item.phase === null ? "" : ` (${item.phase})`}; the integrator is at it.`,
        "integrator",
      );
    case "queued":
      return queued(view, item);
    case "integrated":
      return settled(
        `${slug} is on main since ${item.status_updated_at}${commitOf(item)}; nothing is left to do.`,
        "nobody",
      );
    case "superseded":
      return settled(
        `${slug} was superseded at ${item.sha.slice(0, 7)}: ${item.why}; nothing is left to do for it.`,
        "nobody",
      );
    case "blocked":
      return {
        sentence: `${slug} is blocked (${item.reason ?? "unknown"}): ${item.why.replace(/\.$/, "")}; whoever works on it can act.`,
        who: "worker",
        next_action: item.next_action,
      };
    default:
      return item.status satisfies never;
  }
}

function queued({ slug, candidate, paused, shadow }: WhyView, item: QueueItemShape): Answer {
  const place = item.position === null ? "" : ` at position ${item.position}`;
  if (paused !== null)
    return {
      sentence: `${slug} is READY${place}, and the queue is ${paused.draining ? "draining" : "paused"} by ${paused.by} (${paused.reason}); an admin can resume it.`,
      who: "admin",
      next_action: "signalbox queue resume",
    };
  const own = candidate?.sha === item.sha ? candidate.conditions : [];
  const failing = own.find(({ holds }) => !holds);
  // The remote that is away, say: it stays in its place meanwhile.
  if (failing !== undefined)
    return settled(
      `${slug} is queued${place}, but not READY now (${failing.name}): ${failing.detail}; it is judged again at its turn.`,
      "integrator",
    );
  if (shadow !== null)
    return {
      sentence: `${slug} is READY${place}, and main is left to others, because ${shadow.why}; the line says of it: ${shadow.of(item) ?? "not decided yet"}; an admin can let it land.`,
      who: "admin",
      next_action: "signalbox cutover status",
    };
  if (item.position === 1)
    return settled(
      `${slug} is READY and next; the integrator takes it as soon as the line is free.`,
      "integrator",
    );
  const before =
    item.position === null
      ? "others"
      : item.position === 2
        ? "one candidate"
        : `${item.position - 1} candidates`;
  return settled(
    `${slug} is READY${place} and waits for ${before} before it; the integrator gets to it.`,
    "integrator",
  );
}

function notQueued({ slug, candidate }: WhyView): Answer {
  if (candidate === null) throw new Error("a candidate is what is judged");
  switch (candidate.status) {
    case "READY":
      return settled(`${slug} is READY; the daemon queues it in a moment.`, "integrator");
    case "INTEGRATED":
      return settled(`${slug} is on main; nothing is left to do.`, "nobody");
    case "SUPERSEDED":
      return settled(
        `${slug} was superseded at ${candidate.sha.slice(0, 7)}; nothing is left to do for it.`,
        "nobody",
      );
    case "NOT_READY":
      return notReady(slug, candidate);
    default:
      return candidate.status satisfies never;
  }
}

function notReady(slug: string, { conditions, branch }: CandidateShape): Answer {
  const failing = conditions.filter(({ holds }) => !holds);
  const [first] = failing;
  if (first === undefined) return settled(`${slug} is not ready, and no condition says why.`, "admin");
  const { who, act, next } = actor(first, slug, branch);
  const more = failing.length === 1 ? "" : `, and ${failing.length - 1} more`;
  return {
    sentence: `${slug} is not ready (${first.name}${more}): ${first.detail}; ${act}.`,
    who,
    next_action: next,
  };
}

function actor(
  condition: ConditionShape,
  slug: string,
  branch: string,
): { who: string; act: string; next: string | null } {
  switch (condition.name) {
    case "reviewed":
      return {
        who: "reviewer",
        act: "a reviewer can act",
        next: `signalbox submit ${branch} --slug ${slug} --approved-by WHO`,
      };
    case "after":
      if (condition.detail.startsWith(cycleWords))
        return { who: "admin", act: "an admin can break it in the roadmap", next: null };
      return { who: "nobody", act: "it goes on by itself when they have landed", next: null };
    case "not_landed":
    case "current":
      return { who: "nobody", act: "nothing is left to do for it", next: null };
    default:
      return { who: "worker", act: "its worker can act", next: `signalbox submit ${branch} --slug ${slug}` };
  }
}

function settled(sentence: string, who: string): Answer {
  return { sentence, who, next_action: null };
}

function commitOf({ merge_commit: commit }: QueueItemShape): string {
  return commit === null ? "" : ` as ${commit.slice(0, 7)}`;
}
