/**
 * `npm run bench -- profile [--files N] [--landings N]`: where the time of a landing goes, by step and by git process, in
 * the daemon and in the session. For the case that a target is missed.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { RepositorySize } from "../ground/generated-repository.ts";
import { landByProduct, openStage } from "../ground/stage.ts";
import { median, rounded } from "../numbers.ts";

type Line = { role: string; what: string; name: string; beganMs: number; ms: number };

export async function profileCommand(args: string[], { say }: { say(text: string): void }): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { files: { type: "string", default: "1000" }, landings: { type: "string", default: "10" } },
  });
  const landings = Number(values.landings);
  const size = { files: Number(values.files), branches: landings + 1, items: landings + 1 };
  const preload = join(import.meta.dirname, "preload.ts");
  const folder = await mkdtemp(join(tmpdir(), "sb-bench-trace-"));
  const trace = join(folder, "trace.jsonl");
  try {
    say(await profile({ size, landings, trace, preload }));
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Profiling = { size: RepositorySize; landings: number; trace: string; preload: string };

async function profile({ size, landings, trace, preload }: Profiling): Promise<string> {
  await using stage = await openStage(size, {
    NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${preload}`,
    BENCH_TRACE: trace,
  });
  const [first, ...rest] = stage.take(landings + 1);
  await stage.product.review(first === undefined ? rest : [first, ...rest]);
  if (first !== undefined) await landByProduct(stage.product, first);
  const lines: Line[] = [];
  const wholes: number[] = [];
  let last = "";
  for (const candidate of rest) {
    const fromMs = performance.timeOrigin + performance.now();
    wholes.push(await landByProduct(stage.product, candidate));
    const all = (await readFile(trace, "utf8")).split("\n").filter((line) => line !== "");
    const parsed: Line[] = all.map((line) => JSON.parse(line));
    lines.push(...parsed.filter(({ beganMs }) => beganMs >= fromMs));
    last = timelineOf(
      parsed.filter(({ beganMs }) => beganMs >= fromMs),
      fromMs,
    );
  }
  return `${last}\n\nwhole: ${rounded(median(wholes))} ms\n\n${summaryOf(lines, landings)}`;
}

function timelineOf(lines: readonly Line[], fromMs: number): string {
  return [...lines]
    .sort((a, b) => a.beganMs - b.beganMs)
    .map(({ role, what, name, beganMs, ms }) => {
      const at = [beganMs - fromMs, beganMs + ms - fromMs]
        .map((one) => one.toFixed(0).padStart(5))
        .join(" –");
      return `${at}  ${role.padEnd(10)} ${what === "step" ? "" : "    "}${name}`;
    })
    .join("\n");
}

function summaryOf(lines: readonly Line[], landings: number): string {
  const groups = Map.groupBy(lines, ({ role, what, name }) => `${role.padEnd(10)} ${what.padEnd(7)} ${name}`);
  const rows = [...groups].map(([name, some]) => ({
    name,
    count: some.length / landings,
    ms: some.reduce((sum, { ms }) => sum + ms, 0) / landings,
  }));
  return rows
    .sort((a, b) => b.ms - a.ms)
    .map(
      ({ name, count, ms }) => `${ms.toFixed(1).padStart(7)} ms  ${count.toFixed(1).padStart(5)} ×  ${name}`,
    )
    .join("\n");
}
