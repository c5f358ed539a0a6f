/**
 * The one schema of `signalbox.yaml`: what may be written, its defaults, and what each key is for (the descriptions are
 * what an editor shows). Pure. Reading the text, lines and hints are in document.ts; the parts with rules of their own
 * (workers, people, notify, events) in schema-parts.ts.
 */
import { z } from "zod";
import { durationMs, noRepeats, relativeFolder, singleLine, sizeBytes } from "./fields.ts";
import { eventTypes, notify, people, workers } from "./schema-parts.ts";

const approval = z
  .strictObject({
    bind: z
      .enum(["sha", "slug", "required"])
      .default("sha")
      .describe(
        "sha: an approval that names approved_sha covers only it, one without covers the slug; slug: approved_sha is ignored; required: approvals without it are refused",
      ),
    policies: z
      .array(
        z.strictObject({
          paths: z.array(relativeFolder).min(1, "name at least one path"),
          by: singleLine(100).describe("who is recorded as the approver"),
        }),
      )
      .optional()
      .describe(
        "candidates that change nothing but these paths need no reviewer (default: the roadmap, by policy)",
      ),
  })
  .prefault({});

const check = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "use letters, digits, '.', '_' and '-', at most 64")
    .refine(
      (name) => name.toLowerCase() !== "none",
      "'none' is what is recorded when no check is configured",
    ),
  run: z
    .string()
    .trim()
    .min(1, "write the command to run")
    .describe("run by a shell on exactly the tree that will be main"),
  timeout: durationMs.default(15 * 60_000).describe("default 15m"),
  retries: z
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe("how often a failure is tried again, for known-flaky checks"),
});

const delivery = z
  .strictObject({
    todos: relativeFolder
      .default("todos")
      .describe("roadmap.yaml, delivered.yaml and the work items' folders"),
    demos: relativeFolder.default("demos").describe("where a delivered item's demo goes"),
    deleteBranch: z
      .boolean()
      .default(true)
      .describe("delete the branch after its landing, here and at the remote"),
    removeWorktree: z
      .boolean()
      .default(true)
      .describe("remove the item's worktree after its landing, if it is clean"),
    fastForwardCheckout: z
      .boolean()
      .default(false)
      .describe("also fast-forward a clean checkout of main in this clone"),
  })
  .refine(({ todos, demos }) => !contains(todos, demos) && !contains(demos, todos), {
    path: ["demos"],
    message: "todos and demos must be two folders, neither inside the other",
  })
  .prefault({});

const limits = z
  .strictObject({
    files: z.int().min(1).default(10_000).describe("most files one candidate may change"),
    bytes: sizeBytes.default(100_000_000).describe("most new bytes one candidate may bring (default 100MB)"),
    submodules: z.enum(["allow", "forbid"]).default("allow"),
    symlinks: z.enum(["allow", "forbid"]).default("allow"),
    rounds: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe("most review rounds of one work item before a person is asked"),
    roles: z
      .strictObject({
        prepare: durationMs.default(30 * 60_000).describe("default 30m"),
        build: durationMs.default(2 * 3_600_000).describe("default 2h"),
        review: durationMs.default(3_600_000).describe("default 1h"),
        fix: durationMs.default(3_600_000).describe("default 1h"),
        finalize: durationMs.default(15 * 60_000).describe("default 15m"),
      })
      .prefault({})
      .describe("how long a worker may go without a sign of life before it is reported"),
  })
  .prefault({});

const lease = z
  .strictObject({
    ttl: durationMs.default(120_000).describe("default 120s"),
    renew: durationMs.default(30_000).describe("default 30s"),
  })
  .refine(({ ttl, renew }) => renew * 2 <= ttl, {
    path: ["renew"],
    message: "renew at least twice within the ttl, or one slow renewal loses the lease",
  })
  .prefault({});

const cutover = z
  .strictObject({
    enabled: z.boolean().default(true),
    parity_evidence_accepted: z.boolean().default(true),
    rollback_on_incomplete_parity: z.boolean().default(true),
  })
  .prefault({})
  .describe("enabled and accepted: live; else shadow, in which main is left to others");

/** A repository's name, as in `acme/shop`. `engines` is taken: it is a folder beside the repositories' own. */
const repository = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/,
    "a name such as acme/shop: letters, digits, '.', '_', '-', parts joined by '/'",
  )
  .refine((name) => name !== "engines", "this name is taken by the folder of fetched engines")
  .describe("default: from the remote's URL");

/** A branch's short name. Narrower than git: main's name is written into hooks and refspecs. */
const mainBranch = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._/-]*$/, "a branch's short name: letters, digits, '.', '_', '-', '/'")
  .refine(
    (name) => name !== "HEAD" && !/^refs\/|\.\.|\/\/|\/\.|\.$|\/$|\.lock(?:\/|$)/.test(name),
    "not a branch name git accepts (write its short name, without refs/heads/)",
  );

/** Everything `signalbox.yaml` may say. */
export const configurationSchema = z
  .strictObject({
    repository: repository.optional(),
    remote: z
      .string()
      .max(100)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "a configured remote's name, such as origin, not a URL")
      .default("origin"),
    main: mainBranch.default("main"),
    merge: z.enum(["merge", "squash"]).default("merge"),
    approval,
    checks: z
      .array(check)
      .superRefine(noRepeats("name"))
      .default([])
      .describe("run on the exact tree that will be main, in this order"),
    delivery,
    workers,
    people,
    notify,
    events: eventTypes,
    finalize: z
      .strictObject({
        update: z.boolean().default(false).describe("merge main into the branch before it is handed over"),
      })
      .prefault({}),
    limits,
    lease,
    retention: durationMs.default(30 * 86_400_000).describe("how long events are kept (default 30d)"),
    port: z.int().min(0).max(65_535).default(0).describe("of the API and the web board; 0: any free one"),
    cutover,
  })
  .describe("Configuration of Signalbox");

function contains(folder: string, inner: string): boolean {
  return inner === folder || inner.startsWith(`${folder}/`);
}
