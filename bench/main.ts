/**
 * `npm run bench [-- --quick] [--json] [--only key,key]` measures the claims of docs/performance.md, and writes a whole
 * long run there;
 * `npm run bench -- replay GITDIR …` lands the real merges of a repository and checks every tree;
 * `npm run bench -- profile` says where the time of a landing goes.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { monotonicMs } from "../src/clock.ts";
import { runChild } from "../test/world/child.ts";
import { writeDocument } from "./document.ts";
import { endAllPlaces } from "./ground/place.ts";
import { claims, measureAll } from "./measure.ts";
import { profileCommand } from "./profile/command.ts";
import { replayCommand } from "./replay/command.ts";
import { type Circumstances, jsonOf, tableOf } from "./report.ts";

const beganMs = monotonicMs();

async function main(args: string[]): Promise<number> {
  if (args[0] === "replay") return replayCommand(args.slice(1), { say, progress });
  if (args[0] === "profile") return profileCommand(args.slice(1), { say });
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      only: { type: "string" },
    },
  });
  const only = values.only === undefined ? null : new Set(values.only.split(","));
  const unknown = [...(only ?? [])].filter((key) => !claims.some((claim) => claim.key === key));
  if (unknown.length > 0) {
    progress(
      `There is no claim ${unknown.join(", ")}. There are: ${claims.map(({ key }) => key).join(", ")}`,
    );
    return 2;
  }
  const findings = await measureAll({ quick: values.quick, progress }, only);
  const circumstances = await circumstancesOf(values.quick);
  if (only === null && !values.quick) await writeDocument(findings, circumstances);
  if (values.json) say(JSON.stringify(jsonOf(findings, circumstances)));
  else say(`${tableOf(findings)}\n\n${JSON.stringify(circumstances)}`);
  const failed = findings.some(({ measured, key }) => measured === null && only?.has(key) === true);
  return failed ? 1 : 0;
}

async function circumstancesOf(quick: boolean): Promise<Circumstances> {
  const git = await runChild("git", ["version"], { cwd: "/", env: process.env });
  return {
    quick,
    cores: cpus().length,
    node: process.version,
    git: git.stdout.trim().replace("git version ", ""),
    seconds: Math.round((monotonicMs() - beganMs) / 1000),
  };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function progress(line: string): void {
  process.stderr.write(`${Math.round((monotonicMs() - beganMs) / 1000)} s  ${line}\n`);
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    progress(`${signal}: ending what runs`);
    void endAllPlaces().finally(() => process.exit(130));
  });

process.exitCode = await main(process.argv.slice(2));
