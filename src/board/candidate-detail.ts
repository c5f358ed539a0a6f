/** One slug in full: its candidate, its events, what it changes, and, where it is blocked, the evidence and the way out. */
import { trackingRef } from "../git/tracking-ref.ts";
import type { LineStores } from "../integration/assembly.ts";
import { headOf } from "../integration/facts.ts";
import type { DeskGround } from "./desk-ground.ts";
import type { LineDesk } from "./desk-line.ts";
import type { LogDesk } from "./desk-log.ts";
import { followUpNamed } from "./shape-follow-up.ts";
import type { QueueItemShape } from "./shapes.ts";
import type { CandidateDetail, FileStatShape } from "./shapes-of-api.ts";

export type DetailParts = { line: LineDesk; log: LogDesk; stores: Pick<LineStores, "followUps"> };

const eventsShown = 500;
const filesShown = 1000;

/** Throws `unknown_slug`. */
export async function readCandidateDetail(
  ground: DeskGround,
  { line, log, stores }: DetailParts,
  slug: string,
): Promise<CandidateDetail> {
  const [why, item, [candidate = null], events, followUps] = await Promise.all([
    line.why(slug),
    line.queueItem(slug),
    line.candidates(slug),
    log.events({ slug, before: "", limit: eventsShown }),
    stores.followUps.all(),
  ]);
  const own = followUps.filter((each) => each.candidate.slug === slug);
  const followUp = followUpNamed(own, slug);
  return {
    candidate,
    why,
    queue_item: item,
    events: events.items.toReversed(),
    diffstat: await changesOf(ground, item, candidate?.sha ?? item?.sha ?? null),
    conflicts: followUp?.evidence ?? [],
    follow_up: followUp,
  };
}

/** What it brought onto main, or would bring: against the place where it left main. None where its commits are not here. */
async function changesOf(
  { line, workplace }: DeskGround,
  item: QueueItemShape | null,
  sha: string | null,
): Promise<FileStatShape[]> {
  const merge = item?.merge_commit ?? null;
  if (merge !== null && item?.status === "integrated" && (await line.objects.has(merge))) {
    const [parent] = (await line.objects.readCommit(merge)).parents;
    return parent === undefined ? [] : (await line.fileStats(parent, merge)).slice(0, filesShown);
  }
  const main = await line.resolve(trackingRef(headOf(workplace.config.main)));
  if (sha === null || main === null || !(await line.objects.has(sha))) return [];
  const [base] = await line.mergeBases(main, sha);
  return base === undefined ? [] : (await line.fileStats(base, sha)).slice(0, filesShown);
}
