/** Why somebody does what everybody else will ask about. */
import { badInput } from "../../errors.ts";
import type { Invocation } from "./invocation.ts";

/** `--reason`. Throws `reason_missing` where there is none, or nothing but blanks. */
export function reasonOf({ options }: Invocation): string {
  const reason = options.text("reason")?.trim() ?? "";
  if (reason !== "") return reason;
  throw badInput("reason_missing", "Everybody will ask why: give --reason.", {
    problems: [{ path: "reason", message: "is missing" }],
  });
}
