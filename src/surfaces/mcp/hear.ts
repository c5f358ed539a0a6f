/** Pure: what a command that was asked with `--json` answered, made of its exit status and of what it printed. */
import { z } from "zod";

export type CommandFailure = {
  code: string;
  message: string;
  /** What to do next. */
  cure: string | null;
  problems: { path: string; message: string }[];
};

/** `answered`: a document, whatever it says (a conflict, a no); `failed`: it could not do what it was asked. */
export type Heard =
  | { kind: "answered"; document: unknown; note: string | null; exitCode: number }
  | { kind: "failed"; failure: CommandFailure; exitCode: number | null };

export type Printed = {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** For the message where there is no answer. */
  words: readonly string[];
};

/** The document, or the failure that the command names. A no with its reason (exit 3, 75) comes with a document, too. */
export function heardFrom({ exitCode, stdout, stderr, words }: Printed): Heard {
  const document = parsed(stdout);
  if (document !== null && exitCode !== null) {
    const note = stderr.trim();
    return { kind: "answered", document: document.value, note: note === "" ? null : note, exitCode };
  }
  const said = stderr.split("\n").flatMap((line) => failureShape.safeParse(parsed(line)?.value).data ?? []);
  const failure = said.at(-1)?.error ?? silent(words, exitCode, stderr);
  return { kind: "failed", failure, exitCode };
}

/** The command did not start. */
export function notStarted(error: Error, directory: string): Heard {
  const message = `The command did not start in ${directory}: ${error.message}`;
  return failed({ code: "no_answer", message, cure: "Is the folder still there?", problems: [] });
}

/** Whoever asked does not want to know any more. */
export function calledOff(): Heard {
  const cure = "What it had done holds, and asking again is safe.";
  return failed({ code: "called_off", message: "The call was called off.", cure, problems: [] });
}

const failureShape = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    cure: z.string().nullable(),
    problems: z.array(z.object({ path: z.string(), message: z.string() })),
  }),
});

/** A bug of ours, or the machine's end of memory. */
function silent(words: readonly string[], exitCode: number | null, stderr: string): CommandFailure {
  const how = exitCode === null ? "was ended" : `ended with exit ${exitCode}`;
  const last = stderr.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
  return {
    code: "no_answer",
    message: `signalbox ${words[0] ?? ""} ${how} without an answer${last === "" ? "." : `: ${last}`}`,
    cure: "Run it by hand, and report what it prints.",
    problems: [],
  };
}

function failed(failure: CommandFailure): Heard {
  return { kind: "failed", failure, exitCode: null };
}

function parsed(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}
