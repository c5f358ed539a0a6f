/** The messages of the commits that become main. Pure. */
import type { Candidate } from "./candidate.ts";

export type LandingNames = {
  candidate: Candidate;
  deliveryId: string;
  reviewer: string | null;
  /** The tree this commit carries, and what was run on it. */
  tree: string;
  checks: readonly string[];
};

/** `Land <slug>: <title>` with the trailers that `verify` and reconciliation read. */
export function mergeMessage(title: string, names: LandingNames): string {
  return `${headline(`Land ${names.candidate.slug}: ${title}`)}\n\n${mergeTrailers(names).join("\n")}\n`;
}

/** The squash of a branch: its title, what its commits said, its co-authors, and the same trailers. */
export function squashMessage(
  title: string,
  body: { subjects: readonly string[]; coAuthors: readonly { name: string; email: string }[] },
  names: LandingNames,
): string {
  const list =
    body.subjects.length > 1 ? [...body.subjects.map((subject) => `* ${headline(subject)}`), ""] : [];
  const coAuthors = body.coAuthors.map(
    ({ name, email }) => `Co-authored-by: ${oneLine(`${name} <${email}>`)}`,
  );
  return [
    headline(`Land ${names.candidate.slug}: ${title}`),
    "",
    ...list,
    ...coAuthors,
    ...mergeTrailers(names),
    "",
  ].join("\n");
}

/** The delivery commit on top of a merge. */
export function deliveryMessage(
  names: Pick<LandingNames, "candidate" | "deliveryId" | "tree" | "checks">,
): string {
  const { candidate, deliveryId, tree, checks } = names;
  const trailers = [`Signalbox-Delivery: ${deliveryId}`, `Signalbox-Checked: ${tree} ${checkNames(checks)}`];
  return `${headline(`Deliver ${candidate.slug}`)}\n\n${trailers.join("\n")}\n`;
}

function mergeTrailers({ candidate, deliveryId, reviewer, tree, checks }: LandingNames): string[] {
  return [
    `Signalbox-Candidate: ${candidate.slug}@${candidate.sha}`,
    `Signalbox-Branch: ${candidate.branch}`,
    `Signalbox-Delivery: ${deliveryId}`,
    `Signalbox-Checked: ${tree} ${checkNames(checks)}`,
    ...(reviewer === null ? [] : [`Reviewed-by: ${oneLine(reviewer)}`]),
  ];
}

function checkNames(checks: readonly string[]): string {
  return checks.length === 0 ? "none" : checks.join(",");
}

/** A subject of somebody else's commit may hold anything: one line, of a length that lists can show. */
function headline(text: string): string {
  const line = oneLine(text);
  return line.length <= 100 ? line : `${line.slice(0, 99)}…`;
}

function oneLine(text: string): string {
  return text
    .replace(/\s+/gu, " ")
    .replace(/\p{Cc}/gu, "")
    .trim();
}
