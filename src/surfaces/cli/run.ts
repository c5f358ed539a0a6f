/**
 * One call of the program, from its argument list to its exit status: finds the command, loads its code, runs it, and
 * says every failure in the one way (a sentence and a cure on stderr; with `--json` one JSON object there).
 */
import { readFileSync } from "node:fs";
import { type Environment, readEnvironment } from "../../config.ts";
import type { RunDaemon } from "../../daemon-port.ts";
import { describeError, diskFull, Failure } from "../../errors.ts";
import type { OpenTraces } from "../../telemetry/traces.ts";
import type { OtherSurfaces } from "../other-surfaces.ts";
import { safeJson } from "../safe-json.ts";
import { type Line, paint, styled } from "../text.ts";
import { inCallersTrace } from "./caller-trace.ts";
import { groups, sections } from "./commands.ts";
import type { Invocation } from "./invocation.ts";
import { openOutput, type Terminal } from "./output.ts";
import { parse } from "./parser.ts";

export type Program = {
  argv: readonly string[];
  cwd: string;
  /** Read only for --version. */
  packageFile: string;
  /** The path of the bin's own script, to start another process of ours. */
  entry: string;
  runDaemon: RunDaemon;
  surfaces: OtherSurfaces;
  openTraces: OpenTraces;
};

/** Runs the program to its end and answers the exit status. Never throws. */
export async function run(program: Program): Promise<number> {
  const { argv } = program;
  const wantsJson = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : undefined).includes("--json");
  const readerGone = new AbortController();
  quietPipes(readerGone);
  let terminal = plainTerminal();
  try {
    const version = versionOf(program.packageFile);
    const parsed = parse(argv, { sections, groups, version }, program.cwd);
    if (parsed.kind === "text") {
      process.stdout.write(parsed.text);
      return 0;
    }
    const environment = readEnvironment();
    terminal = openTerminal(environment);
    const execute = await parsed.spec.load();
    const call: Omit<Invocation, "traces"> = {
      args: parsed.args,
      options: parsed.options,
      directory: parsed.directory,
      environment,
      output: openOutput(terminal, parsed.options.flag("json")),
      readerGone: readerGone.signal,
      version,
      vocabulary: { sections, groups },
      runDaemon: program.runDaemon,
      surfaces: program.surfaces,
      openTraces: program.openTraces,
      entry: program.entry,
    };
    return await inCallersTrace(parsed.spec.name, call, execute);
  } catch (error) {
    return sayFailure(error, terminal, wantsJson);
  }
}

function versionOf(packageFile: string): string {
  const content: unknown = JSON.parse(readFileSync(packageFile, "utf8"));
  const known = typeof content === "object" && content !== null && "version" in content;
  return known ? String(content.version) : "unknown";
}

/**
 * Whoever reads us may stop reading (`| head`, a window that is closed): that is no error. What follows something ends.
 * Where a full disk takes no more of it, the command says so and ends with 75; one that serves goes on.
 */
function quietPipes(readerGone: AbortController): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // A terminal that is gone answers EIO; of a file it would be a broken disk.
      const full = diskFull(error);
      if (full === null && error.code !== "EPIPE" && !(error.code === "EIO" && stream.isTTY)) throw error;
      readerGone.abort();
      if (full === null) return;
      process.once("exit", () => {
        process.exitCode ||= full.exitCode;
      });
      if (stream === process.stdout) sayFailure(full, plainTerminal(), false);
    });
}

function plainTerminal(): Terminal {
  const { stdout, stderr } = process;
  return { stdout, stderr, columns: null, colour: { stdout: false, stderr: false }, lively: false };
}

function openTerminal(environment: Environment): Terminal {
  const { stdout, stderr } = process;
  const colours = !environment.noColor;
  return {
    stdout,
    stderr,
    columns: stdout.isTTY ? Math.max(stdout.columns || 80, 40) : null,
    colour: { stdout: colours && stdout.isTTY === true, stderr: colours && stderr.isTTY === true },
    lively: stderr.isTTY === true,
  };
}

function sayFailure(error: unknown, terminal: Terminal, wantsJson: boolean): number {
  const failure = error instanceof Failure ? error : (diskFull(error) ?? asInternal(error));
  const { code, message, cure, problems } = failure;
  if (wantsJson) {
    terminal.stderr.write(`${safeJson({ error: { code, message, cure, problems } })}\n`);
    return failure.exitCode;
  }
  for (const line of failureLines(failure)) terminal.stderr.write(`${paint(line, terminal.colour.stderr)}\n`);
  return failure.exitCode;
}

/** A failure as people read it: the sentence, what was wrong in detail, what to do. (Pure.) */
export function failureLines(failure: Failure): Line[] {
  const lines: Line[] = [[styled("bad", "signalbox: "), failure.message]];
  for (const problem of failure.problems)
    lines.push([
      "  ",
      ...(problem.path === "" ? [] : [styled("strong", problem.path), ": "]),
      problem.message,
    ]);
  if (failure.cure !== null) lines.push([styled("dim", "  → "), failure.cure]);
  if (failure.code === "internal" && failure.cause instanceof Error)
    for (const frame of (failure.cause.stack ?? "").split("\n").slice(1, 9))
      lines.push([styled("dim", frame)]);
  return lines;
}

/** Anything else that is thrown is a bug of ours, and says so. */
function asInternal(error: unknown): Failure {
  return new Failure({
    code: "internal",
    kind: "failed",
    message: `This should not have happened: ${describeError(error)}`,
    cure: "Please report it, with what is printed here.",
    cause: error,
  });
}
