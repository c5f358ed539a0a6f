/**
 * The surfaces that the command line opens by a word (`mcp`, `tui`): given to it by `start.ts`, since no surface imports
 * another. (Types.)
 */
import type { Environment } from "../config.ts";

export type SurfaceCall = {
  /** The folder it is about. Absolute. */
  directory: string;
  environment: Environment;
  /** The file that starts us. */
  entry: string;
  version: string;
  /** Aborted when nobody reads stdout any more. */
  readerGone: AbortSignal;
};

/** Runs until its person, or its client, has had enough; answers the exit status. */
export type RunSurface = (call: SurfaceCall) => Promise<number>;

export type OtherSurfaces = { readonly [name in "mcp" | "tui"]: RunSurface };
