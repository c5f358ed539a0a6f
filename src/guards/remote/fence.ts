/** Sets up a fence in a bare repository on this machine, takes it away, asks how it stands; or gives the script that does. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { badInput, Failure } from "../../errors.ts";
import { type FenceOptions, type FenceParts, fenceScript } from "./fence-text.ts";

/** Setting it up again cures each of these. */
const problems: Record<string, string> = {
  hooks_path: "git looks for hooks elsewhere (core.hooksPath was changed)",
  push_options: "grants are not taken (receive.advertisePushOptions was changed)",
  hook_changed: "a hook is not the one that was installed",
  other_key: "it knows another key than the integrator has",
  no_token: "it has lost the last token, so it admits nothing",
  no_ssh_keygen: "there is no ssh-keygen to verify grants with",
  silenced: "a hook that was added since is not called",
};

export type FenceState = {
  directory: string;
  installed: boolean;
  /** The highest token it has admitted. */
  token: number | null;
  /** The hook that was there before, and still runs. */
  chained: string | null;
  /** What keeps it from being a fence. */
  problems: { code: string; message: string }[];
};

export type FenceVerb = "install" | "uninstall" | "status";

/**
 * Does it with the repository at `directory`. Throws Failure `fence_not_done` where the repository does not allow it:
 * not bare, of another account, or without the tools; then nothing has changed.
 */
export async function runFence(
  verb: FenceVerb,
  { directory, path, ...options }: FenceOptions & { directory: string; path: string },
): Promise<FenceState> {
  const script = await fenceScriptFor(options);
  const { code, stdout, stderr } = await runShell(script, [verb, directory], path);
  const answers = stdout.split("\n").map(wordAndRest);
  const failed = answers.find(({ word }) => word === "failed");
  if (code === 0 && failed === undefined) return stateOf(answers);
  const [reason, message] = failed === undefined ? ["failed", stderr.trim()] : splitOnce(failed.rest);
  if (reason === "no_directory" || reason === "not_bare")
    throw badInput("not_bare", message, { cure: "Name the folder of a bare repository: the remote's own." });
  throw new Failure({
    code: "fence_not_done",
    kind: "failed",
    message: message === "" ? `sh ended with ${code}.` : message,
    cure: "Correct that, then run it again; nothing has been changed.",
  });
}

/** The script that does the same on a machine that has neither Node nor us: `sh -s -- install DIR`. */
export async function fenceScriptFor(options: FenceOptions): Promise<string> {
  return fenceScript(await readParts(), options);
}

function stateOf(answers: readonly Answer[]): FenceState {
  const of = (word: string): string | null => answers.find((answer) => answer.word === word)?.rest ?? null;
  const found = answers.filter(({ word }) => word === "problem").map(({ rest }) => splitOnce(rest));
  return {
    directory: of("directory") ?? "",
    installed: of("installed") === "yes",
    token: of("token") === null ? null : Number(of("token")),
    chained: of("chained"),
    problems: found.map(([code, detail]) => ({
      code,
      message: [problems[code] ?? code, detail].filter((each) => each !== "").join(": "),
    })),
  };
}

type Answer = { word: string; rest: string };

function wordAndRest(line: string): Answer {
  const [word, rest] = splitOnce(line);
  return { word, rest };
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(" ");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

async function readParts(): Promise<FenceParts> {
  const [setup, preReceive, procReceive, referenceTransaction] = await Promise.all([
    readFile(new URL("./fence-setup.sh", import.meta.url), "utf8"),
    readFile(new URL("./fence-pre-receive.sh", import.meta.url), "utf8"),
    readFile(new URL("./fence-proc-receive.sh", import.meta.url), "utf8"),
    readFile(new URL("./fence-reference-transaction.sh", import.meta.url), "utf8"),
  ]);
  return { setup, preReceive, procReceive, referenceTransaction };
}

type Ran = { code: number | null; stdout: string; stderr: string };

function runShell(script: string, args: readonly string[], path: string): Promise<Ran> {
  const { promise, resolve, reject } = Promise.withResolvers<Ran>();
  const child = spawn("/bin/sh", ["-s", "--", ...args], { env: { PATH: path }, stdio: "pipe" });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  child.once("error", reject);
  child.once("close", (code) =>
    resolve({
      code,
      stdout: Buffer.concat(out).toString("utf8"),
      stderr: Buffer.concat(err).toString("utf8"),
    }),
  );
  child.stdin.on("error", () => {});
  child.stdin.end(script);
  return promise;
}
