/** Work items for people. (Pure.) */
import type { DropShape, ItemRowShape, ItemShape } from "../../../board/shape-item.ts";
import { type Line, type Style, styled } from "../../text.ts";
import { age } from "../../times.ts";
import { table } from "../table.ts";

const styles: Record<ItemRowShape["standing"], Style> = {
  open: "accent",
  handed_over: "strong",
  blocked: "bad",
  delivered: "good",
  dropped: "dim",
};

/** One row an item. */
export function itemRowLines(items: readonly ItemRowShape[], width: number, nowMs: number): Line[] {
  if (items.length === 0) return [["No work items."]];
  const rows = items.map((item) => [
    styled("strong", item.slug),
    styled(styles[item.standing], stepOf(item)),
    item.review_round === 0 ? "" : String(item.review_round),
    item.branch === item.slug ? "" : item.branch,
    age(item.updated_at, nowMs),
    remark(item),
  ]);
  const columns = [
    { title: "slug" },
    { title: "phase" },
    { title: "round", align: "right" as const },
    { title: "branch" },
    { title: "age", align: "right" as const },
    { title: "", flexible: true },
  ];
  return table(columns, rows, width);
}

/** One item with its verdicts, findings and history. */
export function itemLines(item: ItemShape): Line[] {
  return [
    [styled("strong", item.slug), " ", styled(styles[item.standing], stepOf(item))],
    ...factLines(item),
    ...item.findings.flatMap((found): Line[] => [
      ["  ", styled("dim", `findings of round ${found.review_round}, by ${found.by}`)],
      ...found.text.split(/\r?\n/).map((line): Line => ["    ", line.replaceAll("\t", "    ")]),
    ]),
    ...(item.history.length === 0 ? [] : [["  ", styled("dim", "history")]]),
    ...item.history.map(
      (step): Line => [
        "    ",
        styled("dim", step.at),
        ` ${step.phase} ${worded(step.status)}`,
        styled("dim", ` by ${step.by}${step.review_round > 0 ? `, round ${step.review_round}` : ""}`),
      ],
    ),
  ];
}

/** What was dropped, what is gone with it, and what was kept. */
export function dropLines({ slug, dropped, reason, removed, kept, plan }: DropShape): Line[] {
  return [
    [styled("strong", slug), dropped ? ` is dropped: ${reason ?? ""}` : " was dropped before."],
    ...removed.map((what): Line => ["  removed ", what]),
    ...kept.map(({ what, why }): Line => ["  ", styled("warn", "kept"), ` ${what}: ${why}`]),
    ...(plan === null ? [] : [["  ", `${plan} takes it out of the roadmap.`]]),
  ];
}

function factLines(item: ItemShape): Line[] {
  const { approval, asked, blocked, delivered, dropped, finalize } = item;
  const facts: [string, string | null][] = [
    ["branch", `${item.branch}${item.head === null ? "" : ` at ${item.head.slice(0, 7)}`}`],
    ["worktree", item.worktree ?? "none"],
    ["reviews", item.review_round === 0 ? null : `${item.review_round}, ${item.review_rounds_left} left`],
    ["approval", approval === null ? null : approvalText(approval)],
    [
      "finalize",
      finalize === null
        ? null
        : `${worded(finalize.status)} at ${finalize.sha.slice(0, 7)}, attempt ${finalize.attempt}`,
    ],
    ["blocked", blocked === null ? null : `${blocked.reason}. ${blocked.next_action}`],
    ["asked", asked === null ? null : `${asked.question} ${asked.next_action}`],
    ["follow-up of", item.follow_up_of],
    ["delivered", delivered === null ? null : `by ${delivered.merge_commit.slice(0, 7)}, ${delivered.at}`],
    ["dropped", dropped === null ? null : `by ${dropped.by}: ${dropped.reason}`],
    ["next", item.next_steps.length === 0 ? null : item.next_steps.map(worded).join(" · ")],
  ];
  return facts.flatMap(([title, value]): Line[] =>
    value === null ? [] : [["  ", styled("dim", title.padEnd(14)), value]],
  );
}

function approvalText(approval: NonNullable<ItemShape["approval"]>): string {
  const at = approval.approved_sha === null ? "no commit named" : `at ${approval.approved_sha.slice(0, 7)}`;
  const by = `round ${approval.review_round} by ${approval.by}, ${at}`;
  if (approval.revoked !== null)
    return `${by}; taken back by ${approval.revoked.by}: ${approval.revoked.reason}`;
  return approval.stale === null ? by : `${by}; stale: ${approval.stale}`;
}

function stepOf({ phase, status, standing }: ItemRowShape): string {
  if (standing === "delivered" || standing === "dropped") return standing;
  return standing === "handed_over" ? "handed over" : `${worded(phase)} ${worded(status)}`;
}

function remark({ asked, blocked, merge_commit }: ItemRowShape): string {
  if (asked !== null) return `asks a person: ${asked.question}`;
  if (blocked !== null) return `${blocked.reason}: ${blocked.next_action}`;
  return merge_commit === null ? "" : merge_commit.slice(0, 7);
}

function worded(code: string): string {
  return code.replaceAll("_", " ");
}
