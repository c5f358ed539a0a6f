/** Pure. The fields of what `--json` prints, by command: for the reference; a test holds the real program against them. */
import { auditEntrySchema } from "../../board/audit.ts";
import { followUpSchema } from "../../board/shape-follow-up.ts";
import {
  candidateSchema,
  doctorSchema,
  emittedSchema,
  eventSchema,
  notificationSchema,
  queueItemSchema,
  sessionSchema,
  statusSchema,
  whySchema,
} from "../../board/shapes.ts";
import {
  cutoverSchema,
  finalizeSchema,
  migrateSchema,
  paritySchema,
  reconcileSchema,
  submitSchema,
  trySchema,
  verifySchema,
} from "../../board/shapes-of-commands.ts";

export type JsonShape = {
  /** One document, a list of documents, or one object a line. */
  form: "object" | "list" | "lines";
  fields: readonly string[];
};

type Schema = { shape: object };

const fieldsOf = ({ shape }: Schema): string[] => Object.keys(shape);
const object = (...fields: string[]): JsonShape => ({ form: "object", fields });
const oneOf = (schema: Schema): JsonShape => ({ form: "object", fields: fieldsOf(schema) });
const listOf = (schema: Schema): JsonShape => ({ form: "list", fields: fieldsOf(schema) });

const itemRow = [
  "slug",
  "branch",
  "worktree",
  "phase",
  "status",
  "standing",
  "review_round",
  "asked",
  "blocked",
  "merge_commit",
  "updated_at",
];

const fence = object("directory", "installed", "token", "chained", "problems", "key", "protection", "proof");
const planned = object(...fieldsOf(submitSchema), "act", "item", "notes");
const acted = oneOf(notificationSchema);
const moved = oneOf(queueItemSchema);
const decided = object(...fieldsOf(cutoverSchema), "changed");

/** By the command's name. A command that is not here prints what its own page describes (a schema, a quarantine record). */
export const jsonShapes: Readonly<Record<string, JsonShape>> = {
  init: object(
    "repository",
    "root",
    "config_file",
    "config",
    "private_folder",
    "remote",
    "main",
    "main_sha",
    "guards",
    "agents",
  ),
  "guard status": object("remote", "main", "mode", "hook", "wrappers", "unsaid_blocks"),
  "guard install": object("changed", "mode", "hook", "wrappers"),
  "guard uninstall": object("changed", "mode", "hook", "wrappers"),
  migrate: oneOf(migrateSchema),
  open: object("url"),
  doctor: oneOf(doctorSchema),
  status: oneOf(statusSchema),
  why: oneOf(whySchema),
  candidates: listOf(candidateSchema),
  "follow-up": oneOf(followUpSchema),
  try: oneOf(trySchema),
  verify: oneOf(verifySchema),
  submit: oneOf(submitSchema),
  "queue list": listOf(queueItemSchema),
  "queue show": moved,
  "queue pause": object("paused"),
  "queue drain": object("paused"),
  "queue resume": object("paused", "resumed"),
  "queue retry": moved,
  "queue withdraw": moved,
  integrate: object("end", "landed", "blocked", "detail", "mode", "shadowed"),
  "cutover status": oneOf(cutoverSchema),
  "cutover enable": decided,
  "cutover disable": decided,
  "cutover accept-parity": decided,
  parity: oneOf(paritySchema),
  reconcile: oneOf(reconcileSchema),
  "guard remote install": fence,
  "guard remote status": fence,
  "guard remote uninstall": fence,
  "guard key rotate": object("key", "public", "fences", "not_told"),
  "guard break-glass": object("actor", "reason", "until", "command", "push_option"),
  "todo finalize": oneOf(finalizeSchema),
  "roadmap list": {
    form: "list",
    fields: ["slug", "title", "description", "group", "after", "waiting_for", "planned_in"],
  },
  "roadmap add": planned,
  "roadmap move": planned,
  "roadmap drop": planned,
  "todo start": object(
    "slug",
    "branch",
    "worktree",
    "sha",
    "base_sha",
    "place",
    "prepared",
    "phase",
    "status",
    "planned_in",
    "follow_up_of",
    "notes",
  ),
  "todo list": { form: "list", fields: itemRow },
  "todo show": object(
    ...itemRow,
    "head",
    "next_steps",
    "review_rounds_left",
    "approval",
    "verdicts",
    "findings",
    "finalize",
    "delivered",
    "dropped",
    "follow_up_of",
    "started_at",
    "history",
  ),
  "todo drop": object("slug", "dropped", "by", "reason", "removed", "kept", "plan"),
  "todo mark-phase": object(
    "slug",
    "branch",
    "worktree",
    "phase",
    "status",
    "review_round",
    "sha",
    "marked",
    "events",
  ),
  orchestrate: {
    form: "lines",
    fields: [
      "slug",
      "outcome",
      "branch",
      "sha",
      "attempt",
      "merge_commit",
      "reason",
      "why",
      "next_action",
      "follow_up_slug",
    ],
  },
  "sessions list": listOf(sessionSchema),
  "sessions tail": object("session_id", "state", "printed_bytes", "cut_bytes", "lines"),
  "sessions end": oneOf(sessionSchema),
  "events list": { form: "lines", fields: fieldsOf(eventSchema) },
  audit: listOf(auditEntrySchema),
  "events emit": oneOf(emittedSchema),
  "projections rebuild": object("name", "outcome", "events", "skipped", "difference_count", "differences"),
  "notifications list": listOf(notificationSchema),
  "notifications see": acted,
  "notifications unsee": acted,
  "notifications claim": acted,
  "notifications release": acted,
  "notifications resolve": acted,
  "notifications snooze": acted,
  "notify list": {
    form: "list",
    fields: ["surface", "target", "state", "why", "since", "last_sent_at", "waiting"],
  },
  "notify test": object("surface", "target", "outcome", "why"),
};
