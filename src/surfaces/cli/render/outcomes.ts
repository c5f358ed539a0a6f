/** What `submit`, `try`, `verify` and `reconcile` answer to people. (Pure.) */
import type {
  ReconcileShape,
  SubmitShape,
  TryShape,
  VerifyShape,
} from "../../../board/shapes-of-commands.ts";
import { type Line, styled } from "../../text.ts";

/** One line, and what to do next where there is something to do. */
export function submitLines(submitted: SubmitShape): Line[] {
  const name = styled("strong", submitted.slug);
  const at = `${submitted.branch} at ${submitted.sha.slice(0, 7)}`;
  switch (submitted.outcome) {
    case "submitted": {
      const position = submitted.position === null ? "" : `, position ${submitted.position} in the queue`;
      return [[name, ` submitted (${at})${position}.`], watch(submitted.slug)];
    }
    case "waiting_for_review":
      return [
        [name, ` handed over (${at}); `, styled("warn", "it waits for its review"), "."],
        watch(submitted.slug),
      ];
    case "integrated": {
      const commit = submitted.merge_commit === null ? "" : ` as ${submitted.merge_commit.slice(0, 7)}`;
      return [[name, " ", styled("good", "integrated"), `${commit} (${at}).`]];
    }
    case "superseded":
      return [
        [name, " ", styled("dim", "superseded"), ` (${at}): a newer state of the branch was handed over.`],
      ];
    case "blocked":
      return [
        [name, " ", styled("bad", "blocked"), ` (${at}): ${submitted.reason ?? "no reason was recorded"}.`],
        ...(submitted.next_action === null ? [] : [[styled("dim", "  → "), submitted.next_action]]),
        ...(submitted.follow_up_slug === null
          ? []
          : [[styled("dim", "  follow-up "), submitted.follow_up_slug]]),
      ];
    default:
      return submitted.outcome satisfies never;
  }
}

function watch(slug: string): Line {
  return [styled("dim", "  → "), `signalbox why ${slug}`];
}

/** Clean, or the conflicts. */
export function tryLines(tried: TryShape): Line[] {
  const target = tried.against === "main" ? "main" : "main as the queue will leave it";
  const what = `${tried.branch} at ${tried.sha.slice(0, 7)}`;
  if (tried.clean) return [[styled("good", "clean"), `: ${what} merges with ${target}.`]];
  return [
    [styled("bad", "conflicts"), `: ${what} does not merge with ${target}.`],
    ...tried.conflicts.map(
      ({ path, kind }): Line => ["  ", styled("strong", path), styled("dim", ` ${kind}`)],
    ),
  ];
}

/** Whether main is what was recorded, and where it is not. */
export function verifyLines(verified: VerifyShape): Line[] {
  const range = `${verified.from.slice(0, 7)}..${verified.to.slice(0, 7)}`;
  const { landings, foreign, mismatches } = verified;
  const count = landings.length === 1 ? "1 landing" : `${landings.length} landings`;
  const good = foreign.length === 0 && mismatches.length === 0;
  return [
    [good ? styled("good", "proven") : styled("bad", "not proven"), `: ${range}, ${count}.`],
    ...foreign.map(
      ({ commit, author, subject }): Line => [
        "  ",
        styled("bad", "foreign"),
        ` ${commit.slice(0, 7)} by ${author}: ${subject}`,
      ],
    ),
    ...mismatches.map(
      ({ commit, slug, checked, tree }): Line => [
        "  ",
        styled("bad", "mismatch"),
        ` ${commit.slice(0, 7)} (${slug}): checked ${checked.slice(0, 7)}, landed ${tree.slice(0, 7)}`,
      ],
    ),
  ];
}

/** What was repaired, or would be. */
export function reconcileLines({ dry_run: dryRun, repairs }: ReconcileShape): Line[] {
  if (repairs.length === 0) return [["Events, queue and git agree."]];
  const head = dryRun ? "Would repair" : "Repaired";
  return [
    [`${head} ${repairs.length}:`],
    ...repairs.map(
      ({ kind, slug, detail }): Line => [
        "  ",
        styled("accent", kind),
        ` ${slug === null ? "" : `${slug}: `}${detail}`,
      ],
    ),
  ];
}
