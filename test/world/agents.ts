/**
 * Scripted workers: a real program that a world's orchestrator starts as builder, reviewer and fixer. Without a script it
 * builds, approves and fixes at once; a script (sh) says what the n-th call of a role for an item does instead.
 */
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { waitUntil } from "./wait-until.ts";

export type AgentRole = "builder" | "reviewer" | "fixer" | "finalizer";
export type Call = { slug: string; role: AgentRole; number: number; sessionId: string };

export type Agents = {
  folder: string;
  /** `workers:` of a configuration that has them do everything. */
  workers: Record<string, unknown>;
  /** What the n-th call (from 1) of the role for the slug does; `commit TEXT` is at hand, and `$here`, `$slug`, `$n`. */
  play(slug: string, role: AgentRole, script: string, number?: number): Promise<void>;
  /** Lets everybody go who waits with `gate NAME`. */
  open(gate: string): Promise<void>;
  /** Who was started so far. */
  calls(slug: string): Promise<Call[]>;
  /** Waits for the call. */
  called(slug: string, role: AgentRole, number?: number): Promise<Call>;
};

const program = `#!/bin/sh
set -eu
here=$(dirname "$0") slug=$SIGNALBOX_SLUG role=$SIGNALBOX_ROLE n=1
until mkdir "$here/calls/$slug.$role.$n" 2>/dev/null; do n=$((n + 1)); done
echo "$SIGNALBOX_SESSION_ID" > "$here/calls/$slug.$role.$n/session"
commit() { echo "$1" >> "$slug.txt"; git add --all; git commit --quiet --message "$role: $1"; }
gate() { until [ -e "$here/gates/$1" ]; do sleep 0.02; done; }
default() {
  case $role in
    builder) commit built; echo done ;;
    reviewer) echo APPROVE ;;
    fixer) commit fixed; echo done ;;
    finalizer) exec signalbox todo finalize "$slug" ;;
  esac
}
play=$here/plays/$slug.$role.$n
[ -f "$play" ] || play=$here/plays/any
if [ -f "$play" ]; then . "$play"; else default; fi
`;

/** Makes the program; gone when the file's tests are over. `any` is what a call without a script of its own does. */
export function openAgents(any: string | null = null): Agents {
  const folder = mkdtempSync(join(tmpdir(), "sba-"));
  for (const name of ["calls", "plays", "gates"]) mkdirSync(join(folder, name));
  const worker = join(folder, "worker");
  writeFileSync(worker, program);
  chmodSync(worker, 0o755);
  if (any !== null) writeFileSync(join(folder, "plays", "any"), any);
  after(() => rm(folder, { recursive: true, force: true }));
  const calls: Agents["calls"] = async (slug) => {
    const names = (await readdir(join(folder, "calls"))).filter((name) => name.startsWith(`${slug}.`));
    const found = await Promise.all(
      names.map(async (name): Promise<Call[]> => {
        const [, role, number] = name.split(".");
        const sessionId = await readFile(join(folder, "calls", name, "session"), "utf8").catch(() => "");
        const known = roles.find((each) => each === role);
        return known === undefined || sessionId === ""
          ? []
          : [{ slug, role: known, number: Number(number), sessionId: sessionId.trim() }];
      }),
    );
    return found.flat();
  };
  return {
    folder,
    workers: { build: worker, review: worker, fix: worker },
    play: (slug, role, script, number = 1) =>
      writeFile(join(folder, "plays", `${slug}.${role}.${number}`), `${script}\n`),
    open: (gate) => writeFile(join(folder, "gates", gate), ""),
    calls,
    called: (slug, role, number = 1) =>
      waitUntil(
        async () => (await calls(slug)).find((call) => call.role === role && call.number === number),
        { what: `${role} ${number} of ${slug} is called` },
      ),
  };
}

const roles: readonly AgentRole[] = ["builder", "reviewer", "fixer", "finalizer"];

/** How often each role was called: `builder 1, reviewer 2`. */
export async function tally(agents: Agents, slug: string): Promise<string> {
  const all = await agents.calls(slug);
  return roles
    .map((role) => ({ role, count: all.filter((call) => call.role === role).length }))
    .filter(({ count }) => count > 0)
    .map(({ role, count }) => `${role} ${count}`)
    .join(", ");
}
