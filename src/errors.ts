/**
 * The one catalogue of failures a person or script can meet. A failure that is expected in the course of work is a
 * named value in a return type; what is thrown is one of these (somebody asked for something that cannot be, or the
 * world is broken), or a bug.
 */

/** Exit codes of the command line, by kind of failure. */
export const exitCodes = {
  failed: 1,
  bad_input: 2,
  not_ready: 3,
  refused: 4,
  unavailable: 69,
  temporary: 75,
} as const;

export type FailureKind = keyof typeof exitCodes;

/** One problem of an input, with the path of what is wrong (`data.sha`, `lease.ttl`). */
export type Problem = { path: string; message: string };

export type FailureDetail = {
  /** Stable, snake_case, documented in docs/errors.md. */
  code: string;
  kind: FailureKind;
  /** One sentence that names the thing. */
  message: string;
  /** What to do next, one sentence or command. */
  cure?: string;
  problems?: Problem[];
  cause?: unknown;
};

/** A failure with a stable code, an exit status and a cure. */
export class Failure extends Error {
  readonly code: string;
  readonly kind: FailureKind;
  readonly cure: string | null;
  readonly problems: Problem[];

  constructor(detail: FailureDetail) {
    super(detail.message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = "Failure";
    this.code = detail.code;
    this.kind = detail.kind;
    this.cure = detail.cure ?? null;
    this.problems = detail.problems ?? [];
  }

  get exitCode(): number {
    return exitCodes[this.kind];
  }
}

/** Wrong use or bad input: nothing was changed. */
export function badInput(code: string, message: string, more: Partial<FailureDetail> = {}): Failure {
  return new Failure({ code, kind: "bad_input", message, ...more });
}

/** Redis or the daemon cannot be reached. */
export function unavailable(code: string, message: string, more: Partial<FailureDetail> = {}): Failure {
  return new Failure({ code, kind: "unavailable", message, ...more });
}

/**
 * The failure for what was thrown because a disk has no room, null for anything else: nobody's fault and, once there is
 * room, nothing at all. `said` is for programs that only say it in words.
 */
export function diskFull(cause: unknown, said = ""): Failure | null {
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  const isFull =
    code === "ENOSPC" || code === "EDQUOT" || /no space left on device|quota exceeded/i.test(said);
  if (!isFull) return null;
  const what = said === "" ? describeError(cause) : said;
  return new Failure({
    code: "disk_full",
    kind: "temporary",
    message: `The disk has no room: ${what}`,
    cure: "Make room, then try again; signalbox doctor says where.",
    cause,
  });
}

/** The remote does not answer, or not as it should: `detail` says how. Trying again later helps. */
export function remoteAway(remote: string, detail: string): Failure {
  const message = `${remote} cannot be reached: ${detail}`;
  return new Failure({ code: "remote_away", kind: "temporary", message, cure: "Try again when it is back." });
}

/** Only `Failure` carries a code; this asks for it without an `instanceof` at every catch. */
export function isFailure(error: unknown, code?: string): error is Failure {
  return error instanceof Failure && (code === undefined || error.code === code);
}

/** One line about anything thrown, causes included. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${describeError(error.cause)})`;
}
