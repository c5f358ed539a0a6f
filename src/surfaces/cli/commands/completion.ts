import { completionScript } from "../completion.ts";
import { type Invocation, required } from "../invocation.ts";

/** `signalbox completion SHELL`: the script on stdout, to be sourced. */
export async function completion(call: Invocation): Promise<number> {
  const shell = required(call, 0);
  call.output.raw(completionScript(shell === "zsh" || shell === "fish" ? shell : "bash", call.vocabulary));
  return 0;
}
