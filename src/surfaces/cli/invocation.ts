/** One call of one command: what was asked, where, and where to answer. */
import type { Environment } from "../../config.ts";
import type { RunDaemon } from "../../daemon-port.ts";
import type { OpenTraces, Traces } from "../../telemetry/traces.ts";
import type { OtherSurfaces } from "../other-surfaces.ts";
import type { Vocabulary } from "./command-spec.ts";
import type { Output } from "./output.ts";

export type OptionValue = string | number | boolean | readonly string[];

export type Invocation = {
  /** The positional arguments, in the order of the command's specification; absent ones are null. */
  args: readonly (string | null)[];
  options: Options;
  /** The folder the command is about: the caller's, or where `-C` points. Absolute. */
  directory: string;
  environment: Environment;
  output: Output;
  /** Aborted when nobody reads stdout any more: whoever follows something stops. */
  readerGone: AbortSignal;
  /** The daemon's engine room; given by `start.ts`, since no surface may import it. */
  runDaemon: RunDaemon;
  /** The surfaces that a word opens; given by `start.ts`, too. */
  surfaces: OtherSurfaces;
  /** What this call is told by; none where it is not told. */
  traces: Traces;
  /** The traces of a process that is more than one call. */
  openTraces: OpenTraces;
  /** Our own version. */
  version: string;
  /** Everything that can be called, for completion. */
  vocabulary: Vocabulary;
  /** The path of `main.js` itself, to start another process of ours. */
  entry: string;
};

/** Reads the options by name; a name that the specification lacks is a bug. */
export type Options = {
  flag(name: string): boolean;
  text(name: string): string | null;
  list(name: string): readonly string[];
  /** A whole number ≥ 0. */
  count(name: string): number | null;
  /** Milliseconds. */
  duration(name: string): number | null;
};

/** Options over parsed values; kinds have been checked by the parser. */
export function openOptions(values: ReadonlyMap<string, OptionValue>): Options {
  const number = (name: string) => {
    const value = values.get(name);
    return typeof value === "number" ? value : null;
  };
  return {
    flag: (name) => values.get(name) === true,
    text: (name) => {
      const value = values.get(name);
      return typeof value === "string" ? value : null;
    },
    list: (name) => {
      const value = values.get(name);
      return Array.isArray(value) ? value : [];
    },
    count: number,
    duration: number,
  };
}

/** The positional argument at `index`, which the specification demands. */
export function required(call: Invocation, index: number): string {
  const value = call.args[index];
  if (typeof value !== "string") throw new Error(`argument ${index} is not declared as required`);
  return value;
}
