/** What `git push --porcelain` said, and what may be concluded from it (pure). */

import { escapeForDisplay } from "./names.ts";

export type PushResult =
  | { kind: "pushed" }
  /** The remote has other old values than expected; nothing was sent. */
  | { kind: "stale"; refs: string[] }
  /** The remote said no (hook, protection, policy); it would say so again. */
  | { kind: "refused"; detail: string }
  /** Anything else: look at the remote. */
  | { kind: "unknown"; detail: string };

export type PushLine = { flag: string; ref: string; summary: string };
type Ended = { code: number | null; stderr: string; end: string };

/** A remote's word that is final. A lock or race inside the server is not among them: that is `unknown`. */
const finalWords =
  /hook declined|protected branch|deny updating a hidden ref|denying|deletion prohibited|non-fast-forward|currently checked out|not allowed|permission|declined|prohibited|refus|violat|shallow update|funny refname|not permitted|read.?only/i;
const cannotServe =
  /does not support (?:--atomic push|push options|--signed|this feature)|the receiving end does not support/i;

/** The ref lines of a report. */
export function parsePushReport(text: string): PushLine[] {
  const lines: PushLine[] = [];
  for (const line of text.split("\n")) {
    const match = /^([ +\-*!=])\t([^\t]*)\t(.*)$/.exec(line);
    if (match === null) continue;
    const pair = match[2] ?? "";
    lines.push({ flag: match[1] ?? "!", ref: pair.slice(pair.indexOf(":") + 1), summary: match[3] ?? "" });
  }
  return lines;
}

/** The one conclusion for a push of `refs`. */
export function judgePush(refs: readonly string[], lines: readonly PushLine[], ended: Ended): PushResult {
  const detail = detailOf(lines, ended);
  if (ended.end !== "exited")
    return { kind: "unknown", detail: `the push was ended (${ended.end.replace("_", " ")})` };
  const of = (ref: string): PushLine | undefined => lines.find((line) => line.ref === ref);
  if (ended.code === 0) {
    const good = refs.every((ref) => [" ", "+", "*", "-", "="].includes(of(ref)?.flag ?? "!"));
    return good ? { kind: "pushed" } : { kind: "unknown", detail };
  }
  const stale = refs.filter(
    (ref) => of(ref)?.summary === "[rejected] (stale info)" || saysGone(ref, ended.stderr),
  );
  if (stale.length > 0) return { kind: "stale", refs: stale };
  if (cannotServe.test(ended.stderr)) return { kind: "refused", detail };
  const refusals = lines.filter((line) => line.flag === "!");
  const final = refusals.some(
    (line) => line.summary.startsWith("[remote rejected]") && finalWords.test(line.summary),
  );
  return final ? { kind: "refused", detail } : { kind: "unknown", detail };
}

/** git does not list a deletion of what the remote does not have: it says so and sends nothing. */
function saysGone(ref: string, stderr: string): boolean {
  return stderr.includes(`unable to delete '${ref}': remote ref does not exist`);
}

function detailOf(lines: readonly PushLine[], ended: Ended): string {
  const said = ended.stderr
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
  const refusals = lines.filter((line) => line.flag === "!").map((line) => `${line.ref} ${line.summary}`);
  const all = [...said.slice(-12), ...refusals].map(escapeForDisplay).join("\n").slice(-4_000);
  return all === "" ? `git push ended with ${ended.code}` : all;
}
