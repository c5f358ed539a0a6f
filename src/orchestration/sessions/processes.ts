/**
 * The processes of a session, asked of the system, and their end: TERM, a grace, KILL, until none is left. Every signal
 * goes to a process that was just proven to belong to the session (members.ts), never to a bare number or group.
 */
import { readdir } from "node:fs/promises";
import { monotonicMs, pause } from "../../clock.ts";
import { isRunning, shownByProc, signalProcess } from "../../process-identity.ts";
import { membersOf, type Owner, type SeenProcess } from "./members.ts";

export type Ending = { kind: "gone" } | { kind: "remains"; pids: number[] };

/** The living processes of the session, but for its keeper and this process. */
export async function processesOf(owner: Owner): Promise<SeenProcess[]> {
  return membersOf(await seenProcesses(), owner, [process.pid]);
}

/**
 * Ends them all: TERM at once, KILL after `graceMs`. Those that are stopped are woken, to hear the TERM. `remains`: what
 * even KILL did not end within seconds (it hangs in the kernel, or belongs to another user).
 */
export async function endProcesses(owner: Owner, graceMs: number): Promise<Ending> {
  const start = monotonicMs();
  const asked = new Set<string>();
  for (;;) {
    const members = await processesOf(owner);
    if (members.length === 0) return { kind: "gone" };
    const spentMs = monotonicMs() - start;
    if (spentMs > graceMs + killedWithinMs) return { kind: "remains", pids: members.map(({ pid }) => pid) };
    for (const member of members) {
      const key = `${member.pid} ${member.startTime}`;
      if (spentMs >= graceMs) await send(member, "SIGKILL");
      else if (!asked.has(key)) {
        asked.add(key);
        await send(member, "SIGTERM");
        await send(member, "SIGCONT");
      }
    }
    await pause(Math.max(1, Math.min(lookEveryMs, Math.abs(graceMs - spentMs))));
  }
}

const lookEveryMs = 50;
const killedWithinMs = 5000;

/** One that belongs to another user (a setuid child) cannot be ended by us: it is told of as remaining. */
async function send(member: SeenProcess, signal: NodeJS.Signals): Promise<void> {
  try {
    await signalProcess(member, signal);
  } catch (error) {
    const refused = error instanceof Error && "code" in error && error.code === "EPERM";
    if (!refused && (await isRunning(member))) throw error;
  }
}

/** Every process that can be seen. */
function seenProcesses(): Promise<SeenProcess[]> {
  return process.platform === "linux" ? seenOnLinux() : seenElsewhere();
}

async function seenOnLinux(): Promise<SeenProcess[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const seen: SeenProcess[] = [];
  // A few at a time: all at once would hold two files of every process of the machine open.
  for (let at = 0; at < pids.length; at += lookedAtOnce) {
    const found = await Promise.all(pids.slice(at, at + lookedAtOnce).map(lookOnLinux));
    seen.push(...found.filter((each) => each !== null));
  }
  return seen;
}

const lookedAtOnce = 64;

async function lookOnLinux(pid: number): Promise<SeenProcess | null> {
  const [stat, environment] = await Promise.all([
    shownByProc(pid, "stat"),
    shownByProc(pid, "environ", "latin1"),
  ]);
  if (stat === null) return null;
  // The name, in brackets, may hold anything: the fields are counted from the last bracket on.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = "", parent, group, session] = fields;
  return {
    pid,
    startTime: fields[19] ?? "",
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    zombie: state === "Z" || state === "X",
    mark: markIn(environment ?? ""),
  };
}

function markIn(environment: string): string | null {
  const name = "SIGNALBOX_SESSION_ID=";
  return (
    environment
      .split("\0")
      .find((entry) => entry.startsWith(name))
      ?.slice(name.length) ?? null
  );
}

/** Without /proc: no environment can be read, so proof is the group of a living keeper, and parents. */
async function seenElsewhere(): Promise<SeenProcess[]> {
  // Loaded where it is needed: it would cost every command a fifth of its start.
  const { execa } = await import("execa");
  const { stdout } = await execa("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat=,lstart="]);
  return stdout.split("\n").flatMap((line) => {
    const [pid, parent, group, state = "", ...start] = line.trim().split(/\s+/);
    if (pid === undefined || start.length === 0) return [];
    return [
      {
        pid: Number(pid),
        startTime: start.join(" "),
        parent: Number(parent),
        group: Number(group),
        session: null,
        zombie: state.startsWith("Z"),
        mark: null,
      },
    ];
  });
}
