/** `signalbox init`: the configuration and the private folder; with `--agents`, the files for coding agents. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { guardsShape } from "../../../board/shape-guard.ts";
import type { GuardsShape } from "../../../board/shapes-of-commands.ts";
import { isoTime, wallMs } from "../../../clock.ts";
import { commentedTemplate } from "../../../config/template.ts";
import { configFileName, loadConfig } from "../../../config.ts";
import { badInput, Failure, isFailure } from "../../../errors.ts";
import { firstInit, noteFirstInit } from "../../../first-init.ts";
import type { Clone } from "../../../git/clone.ts";
import { checkRemoteName } from "../../../git/names.ts";
import { type GuardState, installGuards, lookAtGuards } from "../../../guards/guard.ts";
import { openLine, type Workplace } from "../../../workplace.ts";
import { styled } from "../../text.ts";
import { type WrittenFile, writeAgentFiles } from "../agents/write.ts";
import { locateClone, requireRemote, workplaceOf } from "../clone-context.ts";
import type { Invocation } from "../invocation.ts";
import { guardLines } from "../render/guard.ts";

type Outcome = {
  repository: string;
  root: string;
  config_file: string;
  config: "written" | "kept";
  private_folder: string;
  remote: string;
  main: string;
  main_sha: string | null;
  guards: GuardsShape;
  /** Null: they were not asked for. */
  agents: WrittenFile[] | null;
};

/** Writes what is missing and says what it did; a second run changes nothing. */
export async function init(call: Invocation): Promise<number> {
  const { root, clone } = await locateClone(call);
  const config = await configure(call, root, clone);
  const workplace = await workplaceOf(call);
  await mkdir(workplace.privateDir, { recursive: true, mode: 0o700 });
  const mainSha = await rememberMain(workplace);
  const outcome: Outcome = {
    repository: workplace.repositoryId,
    root: workplace.root,
    config_file: join(workplace.root, configFileName),
    config,
    private_folder: workplace.privateDir,
    remote: workplace.config.remote,
    main: workplace.config.main,
    main_sha: mainSha,
    guards: guardsShape(await guard(call, workplace), workplace),
    // Into the checkout where it was asked for: they reach main by a branch, as anything does.
    agents: call.options.flag("agents") ? await writeAgentFiles(clone.root, workplace.config.main) : null,
  };
  if (call.output.json) call.output.document(outcome);
  else say(call, outcome);
  return 0;
}

/** Keeps a signalbox.yaml that is there; options that contradict it are wrong use, not silently ignored. */
async function configure(call: Invocation, root: string, clone: Clone): Promise<Outcome["config"]> {
  const file = join(root, configFileName);
  const asked = { remote: call.options.text("remote"), main: call.options.text("main") };
  const there = await readFile(file, "utf8").then(
    () => true,
    () => false,
  );
  if (there) return keep(root, asked);
  const remote = asked.remote ?? "origin";
  const wrong = checkRemoteName(remote);
  if (wrong !== null) throw badInput("bad_remote_name", `${wrong}.`);
  requireRemote(clone, remote);
  const isWritten = await writeChecked(file, root, commentedTemplate({ remote, main: asked.main ?? "main" }));
  // Another init was quicker by a moment.
  return isWritten ? "written" : keep(root, asked);
}

/** Throws `already_configured` where it says something else. */
async function keep(root: string, asked: Record<"remote" | "main", string | null>): Promise<"kept"> {
  const config = await loadConfig({ root });
  for (const name of ["remote", "main"] as const)
    if (asked[name] !== null && asked[name] !== config[name])
      throw badInput(
        "already_configured",
        `${configFileName} says ${name}: ${config[name]}, not ${asked[name]}.`,
        {
          cure: `Change it there; init keeps a ${configFileName} that is there.`,
        },
      );
  return "kept";
}

/**
 * The text is read through the schema before it may be a file, so a bad `--main` leaves nothing behind. False: a
 * file is there by now.
 */
async function writeChecked(file: string, root: string, text: string): Promise<boolean> {
  const { readConfiguration } = await import("../../../config/document.ts");
  const reading = readConfiguration(text);
  if (reading.kind === "refused")
    throw badInput("config_invalid", "These options make no configuration.", { problems: reading.problems });
  try {
    await writeFile(file, text, { flag: "wx" });
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return false;
    throw new Failure({
      code: "config_not_written",
      kind: "failed",
      message: `${configFileName} cannot be written in ${root}.`,
      cause,
    });
  }
}

/** The guards come with the line. A clone in which they cannot be installed can still be served: it is told. */
async function guard(call: Invocation, workplace: Workplace): Promise<GuardState> {
  try {
    await installGuards(workplace);
  } catch (error) {
    if (!isFailure(error)) throw error;
    call.output.note(styled("warn", "the guards are not installed: "), error.message);
  }
  return lookAtGuards(workplace);
}

/** Where `verify` begins: main at the first init. The remote may be away or empty; then a later init notes it. */
async function rememberMain(workplace: Workplace): Promise<string | null> {
  const before = await firstInit(workplace.privateDir);
  if (before !== null) return before.main_sha;
  const ref = `refs/heads/${workplace.config.main}`;
  await using line = await openLine(workplace);
  const answer = await line.lsRemote([ref], { deadlineMs: 30_000 });
  const sha = answer.kind === "answered" ? (answer.refs.get(ref) ?? null) : null;
  if (sha === null) return null;
  await noteFirstInit(workplace.privateDir, { main_sha: sha, at: isoTime(wallMs()) });
  return sha;
}

function say(call: Invocation, outcome: Outcome): void {
  const { output } = call;
  const file = outcome.config === "written" ? "written" : "kept as it is";
  output.line(styled("strong", outcome.repository), ": the way onto ", `${outcome.remote}/${outcome.main}`);
  output.line(styled("dim", "  config   "), `${outcome.config_file} (${file})`);
  output.line(styled("dim", "  private  "), outcome.private_folder);
  if (outcome.main_sha === null)
    output.note(
      styled("warn", "main was not found at the remote: "),
      "push it, or correct signalbox.yaml, and run init again.",
    );
  for (const line of guardLines(outcome.guards, false))
    output.lines([[styled("dim", "  guards   "), ...line]]);
  for (const { file, change, why } of outcome.agents ?? [])
    output.line(styled("dim", "  agents   "), `${file} (${change}${why === null ? "" : `: ${why}`})`);
  if (outcome.agents?.some(({ change }) => change !== "kept") === true)
    output.note(
      "The agents' files are for you to commit, on a branch: they count where they are checked out.",
    );
  output.line(
    styled("dim", "  next     "),
    "signalbox up --detach, then from a branch: signalbox submit --approved-by WHO",
  );
}
