/**
 * The tools, each a verb of the command line: the words it calls, and what of the answer an agent has a use for. No rule is
 * here: who may do what, and what a name may be, is said by the command, to an agent as to everybody.
 */
import { z } from "zod";
import { candidateSchema, notificationSchema, queueItemSchema, whySchema } from "../../board/shapes.ts";
import { submitSchema, trySchema } from "../../board/shapes-of-commands.ts";
import { followUpAnswer, followUpAnswerSchema } from "./follow-up-answer.ts";
import { type Offer, offer } from "./offer.ts";
import { firstOf, queueRowSchema, queueRows } from "./queue-rows.ts";
import { notificationOf } from "./which-notification.ts";

/** What one argument of a process can be; which names there may be is said by the command. */
const word = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[^\0]*$/, "may not have a NUL");
const slug = word.describe("the work item's name, such as fix-login");
const limit = z.int().min(1).max(200).default(20).describe("at most so many");
const actor = word
  .optional()
  .describe("who you are, where several agents share an account; give the same name to release");

const submit = offer({
  name: "submit",
  title: "Hand a branch over",
  about:
    "Hands a finished, committed branch over: pushes it, says that it is ready, and tells where it stands. Main is never " +
    "pushed by you. Without approved_by it waits for a review. Calling it again is safe. With wait_seconds it follows the " +
    "branch until it has landed or cannot; an outcome of submitted then means that the time was over first.",
  reach: "adds",
  input: z.strictObject({
    branch: word.optional().describe("default: the branch that is checked out where the server runs"),
    slug: slug.optional().describe("the work item (default: made from the branch)"),
    approved_by: word.optional().describe("who has reviewed it: never yourself"),
    wait_seconds: z.int().min(0).max(600).default(0),
  }),
  output: submitSchema,
  async answer({ branch, slug, approved_by: by, wait_seconds: seconds }, ask) {
    const options = [
      ...(slug === undefined ? [] : [`--slug=${slug}`]),
      ...(by === undefined ? [] : [`--approved-by=${by}`]),
      ...(seconds === 0 ? [] : ["--wait", `--timeout=${seconds}s`]),
    ];
    const { document, note } = await ask(["submit", ...options], ...(branch === undefined ? [] : [branch]));
    return { content: document, note };
  },
});

const why = offer({
  name: "why",
  title: "What a branch waits for",
  about:
    "One sentence: what a work item waits for, and who can act; then the conditions for landing, one by one. Ask this " +
    "first whenever something has not landed.",
  reach: "reads",
  input: z.strictObject({ slug }),
  output: whySchema,
  answer: async ({ slug }, ask) => ({ content: (await ask(["why"], slug)).document }),
});

const queue = offer({
  name: "queue",
  title: "The queue",
  about:
    "What is on the line, what waits, in landing order, what is blocked, and what has landed, newest first. Only open work " +
    "unless finished is asked for.",
  reach: "reads",
  input: z.strictObject({
    finished: z.boolean().default(false).describe("also what has landed or was superseded"),
    limit,
  }),
  output: z.object({ items: z.array(queueRowSchema), more: z.int().describe("how many are not shown") }),
  async answer({ finished, limit }, ask) {
    const { document } = await ask(["queue", "list"]);
    return { content: queueRows(z.array(queueItemSchema).parse(document), { finished, limit }) };
  },
});

const candidate = offer({
  name: "candidate",
  title: "Readiness, condition by condition",
  about:
    "Each commit that was handed over for a work item, newest first, with the conditions it meets or lacks.",
  reach: "reads",
  input: z.strictObject({ slug }),
  output: z.object({ candidates: z.array(candidateSchema) }),
  answer: async ({ slug }, ask) => ({
    content: { candidates: (await ask(["candidates"], slug)).document },
  }),
});

const followUp = offer({
  name: "follow_up",
  title: "How to unblock it",
  about:
    "For a blocked work item: the reason, every conflict with both sides, what the remote or git said, and a plan, step by " +
    "step. found is false where nothing blocks it.",
  reach: "reads",
  input: z.strictObject({ slug }),
  output: followUpAnswerSchema,
  answer: async ({ slug }, ask) => ({ content: followUpAnswer((await ask(["follow-up"], slug)).document) }),
});

const tryBranch = offer({
  name: "try",
  title: "Would it merge?",
  about:
    "Merges a branch with main, or with main as the queue will leave it, in memory, and names the conflicts. Nothing is " +
    "queued, pushed or checked out. Worth it before handing over.",
  reach: "reads",
  input: z.strictObject({
    branch: word.describe("a branch of this clone, pushed or not, or of the remote"),
    against: z.enum(["main", "queue"]).default("main"),
  }),
  output: trySchema,
  async answer({ branch, against }, ask) {
    const { document, note } = await ask(["try", `--against=${against}`], branch);
    return { content: document, note };
  },
});

const retry = offer({
  name: "retry",
  title: "Queue a blocked branch again",
  about:
    "Judges a blocked work item again and queues it, at the same commit: for what was blocked by something outside the " +
    "branch. A branch that was changed is handed over with submit instead.",
  reach: "changes",
  input: z.strictObject({ slug, by: actor }),
  output: queueRowSchema,
  answer: async ({ slug, by }, ask) => ({
    content: (await ask(["queue", "retry", ...named(by)], slug)).document,
  }),
});

const inbox = offer({
  name: "inbox",
  title: "What people and agents need to know",
  about:
    "Open notifications, newest change first. One that needs attention and that nobody has claimed waits for somebody.",
  reach: "reads",
  input: z.strictObject({
    needs_attention: z.boolean().default(false).describe("only these"),
    limit,
  }),
  output: z.object({ items: z.array(notificationRowSchema()), more: z.int() }),
  async answer({ needs_attention: needy, limit }, ask) {
    const { document } = await ask(["notifications", "list"]);
    const all = z.array(notificationSchema).parse(document);
    return { content: firstOf(needy ? all.filter((each) => each.needs_attention) : all, limit) };
  },
});

const which = {
  slug: slug.optional().describe("the work item whose notification is meant"),
  id: word.optional().describe("or the notification's id, as inbox shows it"),
};

const claim = offer({
  name: "claim",
  title: "Say that you are at it",
  about:
    "Claims a notification, so that nobody else begins with the same: one holder at a time. Claim before you work on a " +
    "blocked item; claimed_by_another means that somebody is at it already.",
  reach: "changes",
  input: z.strictObject({ ...which, by: actor }),
  output: notificationRowSchema(),
  async answer({ by, ...given }, ask) {
    const id = await notificationOf(given, ask);
    const { document, note } = await ask(["notifications", "claim", ...named(by)], id);
    return { content: document, note };
  },
});

const release = offer({
  name: "release",
  title: "Give a claim back",
  about: "Releases a notification that you hold, so that somebody else can take it.",
  reach: "changes",
  input: z.strictObject({ ...which, by: actor }),
  output: notificationRowSchema(),
  async answer({ by, ...given }, ask) {
    const id = await notificationOf(given, ask);
    const { document, note } = await ask(["notifications", "release", ...named(by)], id);
    return { content: document, note };
  },
});

/** All of them, in the order in which clients show them. */
export const tools: readonly Offer[] = [
  submit,
  why,
  queue,
  candidate,
  followUp,
  tryBranch,
  retry,
  inbox,
  claim,
  release,
];

function named(by: string | undefined): string[] {
  return by === undefined ? [] : [`--by=${by}`];
}

/** Without its history: an agent pays for every word. */
function notificationRowSchema() {
  return notificationSchema.omit({ history: true });
}
