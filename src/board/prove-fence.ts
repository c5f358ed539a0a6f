/** What the remote answers now to a push of main that nobody may make. */
import { wallMs } from "../clock.ts";
import { flyCanary } from "../guards/canary.ts";
import { noteProof, readProof } from "../guards/guard-records.ts";
import { type FenceProof, type ProtectionLevel, protectionLevel } from "../guards/protection-level.ts";
import { openLine, type Workplace } from "../workplace.ts";
import { readDaemon } from "./process-file.ts";

export type Protection = { level: ProtectionLevel; proof: FenceProof | null; away: string | null };

/** Asks the remote by a canary, notes what it said, and names the level. */
export async function proveFence(workplace: Workplace): Promise<Protection> {
  const { privateDir, config } = workplace;
  await using line = await openLine(workplace);
  const answer = await flyCanary(line, config.main);
  if (answer.kind === "answered") await noteProof(privateDir, answer.proof);
  const proof = await readProof(privateDir);
  const isWatched = (await readDaemon(privateDir)) !== null;
  return {
    level: protectionLevel({ proof, nowMs: wallMs(), isWatched }),
    proof,
    away: answer.kind === "remote_away" ? answer.detail : null,
  };
}
