/** Pure: what a worktree is prepared for. The same inputs, the same key: then there is nothing to do. */
import { createHash } from "node:crypto";

/** Files that say which dependencies a checkout has, wherever in it they lie. */
export const lockfiles: readonly string[] = [
  "package-lock.json",
  "npm-shrinkwrap.json",
  "yarn.lock",
  "pnpm-lock.yaml",
  "bun.lock",
  "bun.lockb",
  "deno.lock",
  "Cargo.lock",
  "go.sum",
  "poetry.lock",
  "uv.lock",
  "pdm.lock",
  "Pipfile.lock",
  "requirements.txt",
  "conda-lock.yml",
  "Gemfile.lock",
  "composer.lock",
  "mix.lock",
  "pubspec.lock",
  "packages.lock.json",
  "gradle.lockfile",
  "Package.resolved",
  "Podfile.lock",
  "flake.lock",
];

export type PrepareInput = { path: string; content: Uint8Array };

/** The key of a command and the files it depends on, in whatever order they were found. */
export function prepareKey(argv: readonly string[], inputs: readonly PrepareInput[]): string {
  const files = inputs
    .map(({ path, content }) => [path, createHash("sha256").update(content).digest("hex")] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return createHash("sha256")
    .update(JSON.stringify([argv, files]))
    .digest("hex");
}

/** The words of a command that may name a file of the worktree: a script of the repository is an input, too. */
export function scriptCandidates(argv: readonly string[]): string[] {
  return argv
    .map((word) => word.replace(/^(?:\.\/)+/, ""))
    .filter(
      (word) =>
        word !== "" && !word.startsWith("-") && !word.startsWith("/") && !word.split("/").includes(".."),
    );
}
