/**
 * The canary: a push of main that must be refused, and refused in our hook's own words. It names main together with a
 * branch below it, atomically: no repository can hold both, so it can never succeed, fence or not.
 */
import { isoTime, wallMs } from "../clock.ts";
import type { LineRepository } from "../git/line-repository.ts";
import type { RefUpdate } from "../git/push.ts";
import { followed } from "../git/tracking-ref.ts";
import type { FenceProof } from "./protection-level.ts";

export type CanaryResult =
  | { kind: "answered"; proof: FenceProof }
  /** Nothing is known now; what was known before still counts. */
  | { kind: "remote_away"; detail: string };

/** What a fence of ours says where it refuses. */
const fenceWords = /signalbox: refused \((?!not_ready)/;

/** Pushes the canary of this branch. What the remote keeps of it is nothing. */
export async function flyCanary(line: LineRepository, branch: string): Promise<CanaryResult> {
  for (let tries = 1; ; tries++) {
    const answer = await fly(line, branch);
    if (answer !== "main_moved") return answer;
    if (tries === 5) return { kind: "remote_away", detail: `${branch} moves too fast to be asked about` };
  }
}

async function fly(line: LineRepository, branch: string): Promise<CanaryResult | "main_moved"> {
  const ref = `refs/heads/${branch}`;
  const fetched = await line.fetch([followed(ref)]);
  if (fetched.kind === "remote_away") return fetched;
  const old = fetched.refs.get(ref) ?? null;
  const commit = await canaryCommit(line, old);
  const updates: RefUpdate[] = [
    { ref, old, new: commit },
    { ref: `${ref}/canary`, old: null, new: commit },
  ];
  const answer = await line.push({ updates, deadlineMs: 60_000 });
  if (answer.kind === "unknown" && (await line.lsRemote([ref])).kind === "remote_away")
    return { kind: "remote_away", detail: answer.detail };
  if (answer.kind === "stale") return "main_moved";
  const detail = answer.kind === "pushed" ? "it was not refused" : answer.detail;
  const atMs = wallMs();
  return {
    kind: "answered",
    proof: { at: isoTime(atMs), atMs, refused: answer.kind === "refused" && fenceWords.test(detail), detail },
  };
}

/** Always the same one for one main, so that it leaves one object here, not one a day. */
async function canaryCommit(line: LineRepository, main: string | null): Promise<string> {
  const tree = main === null ? await line.objects.writeTree([]) : (await line.objects.readCommit(main)).tree;
  const signature = { name: "Signalbox", email: "canary@signalbox.invalid", seconds: 0, zone: "+0000" };
  return line.objects.writeCommit({
    tree,
    parents: main === null ? [] : [main],
    author: signature,
    committer: signature,
    message: "Canary: this push must be refused",
  });
}
