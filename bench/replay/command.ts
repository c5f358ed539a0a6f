/** `npm run bench -- replay GITDIR [--last N] [--all-merges] [--json]` */
import { parseArgs } from "node:util";
import { monotonicMs } from "../../src/clock.ts";
import { openPlace } from "../ground/place.ts";
import { openProduct } from "../ground/product.ts";
import { selectMerges } from "./merges.ts";
import { type Replayed, replayMerges } from "./replay.ts";
import { openSource } from "./source.ts";

export type Output = { say(text: string): void; progress(line: string): void };

type Wanted = { path: string; all: boolean; last: number | null; json: boolean };

/** Exit code: 0 where git and the product agree about every merge, 1 where they do not, 2 on wrong use. */
export async function replayCommand(args: string[], output: Output): Promise<number> {
  const wanted = parse(args);
  if (wanted === null) {
    output.progress("npm run bench -- replay GITDIR [--last N] [--all-merges] [--json]");
    return 2;
  }
  const beganMs = monotonicMs();
  await using place = await openPlace();
  const source = await openSource(place, wanted.path);
  const selection = await selectMerges((...more) => source.git("rev-list", ...more), {
    ...wanted,
    tip: source.tip,
  });
  const [first] = selection.merges;
  if (first === undefined) {
    output.progress("There is no merge of two parents in this history.");
    return 2;
  }
  await source.git("update-ref", "refs/heads/main", first.first);
  const product = await openProduct(place, { name: "replay", remote: source.remote });
  try {
    output.progress(
      `${selection.merges.length} merges, ${selection.mode === "each" ? "each for itself" : "in order"}`,
    );
    const { progress } = output;
    const replayed = await replayMerges({ product, source, progress }, selection);
    const verified = selection.mode === "in_order" ? await verify(product.signalbox) : null;
    const report = {
      mode: selection.mode,
      ...replayed.counts,
      octopus: selection.octopus,
      verify: verified,
      seconds: Math.round((monotonicMs() - beganMs) / 1000),
      differences: replayed.differences,
    };
    output.say(wanted.json ? JSON.stringify(report) : inWords(report, replayed));
    const agrees = replayed.counts.differs === 0 && (verified?.mismatches ?? 0) === 0;
    return agrees ? 0 : 1;
  } finally {
    await product.end();
  }
}

function parse(args: string[]): Wanted | null {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      last: { type: "string" },
      "all-merges": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [path, ...more] = positionals;
  const last = values.last === undefined ? null : Number(values.last);
  if (path === undefined || more.length > 0) return null;
  if (last !== null && (!Number.isInteger(last) || last < 1)) return null;
  return { path, last, all: values["all-merges"], json: values.json };
}

/** What `verify` says of the whole line afterwards: a second witness, from main alone. */
async function verify(signalbox: (...args: string[]) => Promise<{ stdout: string; stderr: string }>) {
  const { stdout, stderr } = await signalbox("verify", "--json");
  if (stdout === "") return { landings: 0, mismatches: 1, detail: stderr.trim() };
  const answer: { landings: unknown[]; mismatches: unknown[] } = JSON.parse(stdout);
  return { landings: answer.landings.length, mismatches: answer.mismatches.length };
}

function inWords(report: Record<string, unknown>, { differences }: Replayed): string {
  const lines = Object.entries(report)
    .filter(([name]) => name !== "differences")
    .map(
      ([name, value]) =>
        `${name.replaceAll("_", " ").padEnd(22)} ${typeof value === "object" ? JSON.stringify(value) : value}`,
    );
  return [...lines, ...differences.map((one) => `differs: ${JSON.stringify(one)}`)].join("\n");
}
